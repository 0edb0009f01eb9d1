using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using McpProbe.Cli.Monitor;
using McpProbe.Cli.Output;
using McpProbe.Configuration;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Cli.Commands;

/// <summary><c>mcpprobe apply</c>: a probes file becomes what a running McpProbe watches by its API; what that changes is printed first.</summary>
internal sealed class ApplyCommand : Command
{
    private readonly Argument<string> _file = new("FILE") { Description = "The probes file, YAML or JSON" };

    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Print what it would change, and change nothing" };

    private readonly Option<bool> _allowEmpty = new("--allow-empty") { Description = "Let the file take away every endpoint that is watched now" };

    private readonly Option<bool> _json = new("--json") { Description = "Print the server's answer as JSON (docs/schema/applied.schema.json)" };

    private readonly MonitorOptions _monitor = new();

    public ApplyCommand()
        : base("apply", "Make a probes file what a running McpProbe watches, all of it or nothing")
    {
        Arguments.Add(_file);
        _monitor.AddTo(this);
        Options.Add(_dryRun);
        Options.Add(_allowEmpty);
        Options.Add(_json);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var file = parsed.GetRequiredValue(_file);
        // Its mistakes have a line and a column here. Which channels there are, the server knows.
        var (document, mistakes) = await ReadAsync(file, cancellationToken);
        foreach (var mistake in mistakes)
            await Console.Error.WriteLineAsync(ForeignText.OneLine(mistake));
        if (document is not { } bytes)
            return ExitCodes.Usage;

        var (server, key) = _monitor.Read(parsed);
        using var monitor = new MonitorClient(server, key);
        var allowEmpty = parsed.GetValue(_allowEmpty);
        var plan = await monitor.ApplyAsync(bytes, dryRun: true, allowEmpty, version: null, cancellationToken);
        if (plan.ExitCode == ExitCodes.Ok && !PlanText.IsPlan(plan.Body))
            plan = RawAnswer.Failed(ExitCodes.NotHealthy, monitor.NotMcpProbe(200));
        if (plan.ExitCode != ExitCodes.Ok || parsed.GetValue(_dryRun))
            return await TellAsync(plan, parsed.GetValue(_json), done: false);
        if (!parsed.GetValue(_json))
            await Console.Out.WriteAsync(PlanText.Of(plan.Body));
        if (PlanText.IsEmpty(plan.Body))
            return parsed.GetValue(_json) ? await TellAsync(plan, json: true, done: false) : await DoneAsync("Nothing to change.");

        // As planned, or not at all: somebody may have changed something since.
        var applied = await monitor.ApplyAsync(bytes, dryRun: false, allowEmpty, plan.Version, cancellationToken);
        return parsed.GetValue(_json) || applied.ExitCode != ExitCodes.Ok
            ? await TellAsync(applied, parsed.GetValue(_json), done: true)
            : await DoneAsync("Applied.");
    }

    private static async Task<(ReadOnlyMemory<byte>? Bytes, IReadOnlyList<string> Mistakes)> ReadAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            var bytes = await File.ReadAllBytesAsync(file, cancellationToken);
            if (!Utf8.IsValid(bytes))
                return (null, [$"{file}: the file is not valid UTF-8; save it as UTF-8"]);
            var (document, errors) = ProbesFile.ParseForOther(file, Encoding.UTF8.GetString(bytes));
            return document is null ? (null, [.. errors.Select(error => error.ToString())]) : (bytes, []);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return (null, [$"{file}: it cannot be read: {error.Message}"]);
        }
    }

    private static async Task<int> TellAsync(RawAnswer answer, bool json, bool done)
    {
        if (answer.ExitCode == ExitCodes.Ok)
        {
            await Console.Out.WriteAsync(json ? Indented(answer.Body) : PlanText.Of(answer.Body));
            if (!json && !done)
                await Console.Out.WriteLineAsync(PlanText.IsEmpty(answer.Body) ? "Nothing to change." : "A dry run: nothing was changed.");
        }

        foreach (var fault in answer.Faults)
            await Console.Error.WriteLineAsync($"mcpprobe apply: {ForeignText.OneLine(fault)}");
        return answer.ExitCode;
    }

    private static async Task<int> DoneAsync(string said)
    {
        await Console.Out.WriteLineAsync(said);
        return ExitCodes.Ok;
    }

    private static string Indented(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true }))
            document.WriteTo(writer);
        return Encoding.UTF8.GetString(bytes.ToArray()) + "\n";
    }
}
