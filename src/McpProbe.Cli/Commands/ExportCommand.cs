using System.CommandLine;
using System.Text;
using System.Text.Json;
using McpProbe.Cli.Monitor;
using McpProbe.Configuration;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Cli.Commands;

/// <summary><c>mcpprobe export</c>: what a running McpProbe watches, as a probes file that <c>apply</c> takes again.</summary>
internal sealed class ExportCommand : Command
{
    private readonly MonitorOptions _monitor = new();

    private readonly Option<string> _output = new("--output", "-o")
    {
        Description = "The file to write: JSON where its name ends in .json, YAML otherwise; standard output when it is left out",
        HelpName = "FILE",
    };

    public ExportCommand()
        : base("export", "Write what a running McpProbe watches as a probes file")
    {
        _monitor.AddTo(this);
        Options.Add(_output);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (server, key) = _monitor.Read(parsed);
        using var monitor = new MonitorClient(server, key);
        var answer = await monitor.ExportAsync(cancellationToken);
        if (answer.ExitCode != ExitCodes.Ok)
            return await FailAsync(answer.ExitCode, answer.Faults);
        if (!IsDocument(answer.Body))
            return await FailAsync(ExitCodes.NotHealthy, [monitor.NotMcpProbe(200)]);

        var file = parsed.GetValue(_output);
        using var document = JsonDocument.Parse(answer.Body);
        var text = file?.EndsWith(".json", StringComparison.OrdinalIgnoreCase) is true
            ? Encoding.UTF8.GetString(answer.Body.Span) + "\n"
            : ProbesYaml.Of(document.RootElement);
        if (file is null)
        {
            await Console.Out.WriteAsync(text);
            return ExitCodes.Ok;
        }

        try
        {
            await File.WriteAllTextAsync(file, text, cancellationToken);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return await FailAsync(ExitCodes.Usage, [$"{file} cannot be written: {error.Message}"]);
        }

        await Console.Out.WriteLineAsync($"{ForeignText.OneLine(file)}: {Output.Count.Of(document.RootElement.GetProperty("endpoints").GetArrayLength(), "endpoint")}.");
        return ExitCodes.Ok;
    }

    private static bool IsDocument(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("endpoints", out var endpoints) && endpoints.ValueKind is JsonValueKind.Array;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static async Task<int> FailAsync(int code, IReadOnlyList<string> faults)
    {
        foreach (var fault in faults)
            await Console.Error.WriteLineAsync($"mcpprobe export: {ForeignText.OneLine(fault)}");
        return code;
    }
}
