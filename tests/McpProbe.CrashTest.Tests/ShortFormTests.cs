using System.Diagnostics;
using McpProbe.CrashTest.Truth;

namespace McpProbe.CrashTest.Tests;

/// <summary>The crash test's short form, with fixed seeds; CONTRIBUTING.md says how its long form is run.</summary>
public sealed class ShortFormTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    [Theory]
    [InlineData("server", "--kills", "6")]
    [InlineData("server-steps", "--every", "31")]
    [InlineData("azure", "--kills", "3")]
    [InlineData("azure-steps", "--every", "149")]
    public async Task Killed_HereAndThere_AlertsAsPromised(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Comparison).Assembly.Location, .. arguments, "--seed", "1"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var program = Process.Start(start)!;
        try
        {
            var text = program.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var errors = program.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await program.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TimeProvider.System, TestContext.Current.CancellationToken);
            output.WriteLine(await text);

            Assert.True(program.ExitCode == 0, $"{await text}\n{await errors}");
        }
        finally
        {
            if (!program.HasExited)
                program.Kill(entireProcessTree: true);
        }
    }
}
