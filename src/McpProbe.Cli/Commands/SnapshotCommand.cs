using System.CommandLine;
using McpProbe.Catalog;
using McpProbe.Cli.Output;
using McpProbe.Model;

namespace McpProbe.Cli.Commands;

/// <summary><c>mcpprobe snapshot</c>: a server's catalogue as a file to review, keep and compare with later.</summary>
internal sealed class SnapshotCommand : Command, ITakesTarget
{
    private readonly Option<string> _file = new("-o", "--output-file")
    {
        Description = "Where to write it; standard output when absent or '-'",
        HelpName = "FILE",
    };

    private readonly Option<int> _samples = GateOptions.Samples("Probes that its latency is taken from, after one to warm up");

    public SnapshotCommand()
        : base("snapshot", "Write a server's catalogue as a canonical, reviewable JSON file")
    {
        Target.AddTo(this);
        Options.Add(_file);
        Options.Add(_samples);
        SetAction(RunAsync);
    }

    public TargetOptions Target { get; } = new();

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (target, mistakes) = Target.Bind(parsed);
        if (target is null)
            return Mistakes.Refuse(parsed, mistakes);

        // The first probe of a process pays for what later ones find done: it is left out.
        var results = new List<ProbeResult>();
        for (var probe = 0; probe <= parsed.GetValue(_samples); probe++)
        {
            var result = await target.ProbeAsync(cancellationToken);
            if (result is { Failure: { } failure, Verdict: not Verdict.Degraded })
            {
                await Console.Error.WriteAsync(ResultText.Render(result, default, Terminal.Width()));
                return failure.ExitCodeOf();
            }

            results.Add(result);
        }

        if (results.Select(result => result.Catalog?.Hash).Distinct().Count() > 1)
        {
            await Console.Error.WriteLineAsync(
                $"mcpprobe snapshot: the catalogue was not the same in each of {results.Count} probes, so a snapshot of it would hold nothing. "
                + "Is the server being deployed? Try again; the specification forbids catalogues that vary by connection.");
            return ExitCodes.NotHealthy;
        }

        return await WriteAsync(parsed.GetValue(_file), target, results.Skip(1).ToList(), cancellationToken);
    }

    private static async Task<int> WriteAsync(
        string? file, Target target, List<ProbeResult> samples, CancellationToken cancellationToken)
    {
        var bytes = SnapshotFile.Write(target.Endpoint.Target, samples[0].Snapshot!, samples);
        if (file is null or "-")
        {
            await using var output = Console.OpenStandardOutput();
            await output.WriteAsync(bytes, cancellationToken);
            return ExitCodes.Ok;
        }

        try
        {
            await File.WriteAllBytesAsync(file, bytes, cancellationToken);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"mcpprobe snapshot: {file} cannot be written: {error.Message} Choose another file with -o.");
            return ExitCodes.Usage;
        }

        var catalog = samples[0].Catalog!;
        await Console.Error.WriteLineAsync($"Wrote {file}: {Count.Of(catalog.Tools, "tool")}, {catalog.Hash}, {Count.Of(samples.Count, "sample")}.");
        return ExitCodes.Ok;
    }
}
