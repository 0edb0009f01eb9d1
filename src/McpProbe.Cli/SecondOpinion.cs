using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using McpProbe.Cli.Commands;
using McpProbe.Gate;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Cli;

/// <summary>Asks the official client, which lives in an executable beside this one.</summary>
internal static class SecondOpinion
{
    private const string Executable = "mcpprobe-sdk";

    /// <summary>What is wrong with the installation; null when the client can be asked.</summary>
    public static string? Missing => Command() is null
        ? $"the official client is not here; put the executable {Executable} beside mcpprobe, or leave --client out."
        : null;

    /// <summary>Every outcome but a cancelled token is a value. Nothing that was started for it is left behind.</summary>
    public static async Task<SdkOpinion> AskAsync(Target target, TransportKind transport, CancellationToken cancellationToken)
    {
        var start = Command()!;
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        Descendants.Adopt();
        try
        {
            using var process = Process.Start(start)!;
            using var kill = cancellationToken.Register(() => process.Kill(entireProcessTree: true));
            var question = SdkQuestion.Of(target.Endpoint, transport, target.Addresses);
            await JsonSerializer.SerializeAsync(process.StandardInput.BaseStream, question, ProbeJson.Default.SdkQuestion, cancellationToken);
            process.StandardInput.Close();
            var opinion = await JsonSerializer.DeserializeAsync(process.StandardOutput.BaseStream, ProbeJson.Default.SdkOpinion, cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return opinion!;
        }
        catch (Exception broken) when (broken is JsonException or IOException or Win32Exception)
        {
            return new SdkOpinion("", null, [], $"{Executable} did not work: {ForeignText.Brief(broken.Message)}", 0);
        }
        finally
        {
            // The client ends the server that it started, and not what that has detached from itself.
            await Descendants.KillAsync();
        }
    }

    private static ProcessStartInfo? Command()
    {
        var native = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? Executable + ".exe" : Executable);
        if (File.Exists(native))
            return new ProcessStartInfo(native);
        // As it is built for development, without publishing.
        var managed = Path.Combine(AppContext.BaseDirectory, "McpProbe.SdkClient.dll");
        return File.Exists(managed) ? new ProcessStartInfo("dotnet", [managed]) : null;
    }
}
