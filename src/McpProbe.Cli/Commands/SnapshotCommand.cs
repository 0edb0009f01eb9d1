using System.CommandLine;
using McpProbe.Catalog;
using McpProbe.Cli.Output;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Cli.Commands;

/// <summary><c>mcpprobe snapshot</c>: a server's catalogue as a file to review, keep and compare with later.</summary>
internal sealed class SnapshotCommand : Command, ITakesTarget
{
    private readonly Option<string> _file = new("-o", "--output-file")
    {
        Description = "Where to write it; standard output when absent or '-'",
        HelpName = "FILE",
    };

    private readonly Option<bool> _allowUnstable = new("--allow-unstable")
    {
        Description = "Leave out, and mark, what is not the same at every call",
        Arity = ArgumentArity.Zero,
    };

    private readonly Option<int> _samples = GateOptions.Samples("Probes that its latency is taken from, after one to warm up");

    public SnapshotCommand()
        : base("snapshot", "Write a server's catalogue as a canonical, reviewable JSON file")
    {
        Target.AddTo(this);
        Options.Add(_file);
        Options.Add(_samples);
        Options.Add(_allowUnstable);
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

        var unstable = UnstablePlaces.Between([.. results.Select(result => result.Snapshot!.Catalog)]);
        if (unstable.Count > 0 && !parsed.GetValue(_allowUnstable))
        {
            await Console.Error.WriteLineAsync(
                $"mcpprobe snapshot: the catalogue was not the same in each of {results.Count} probes: {Shown(unstable)}. "
                + "Is the server being deployed? Try again. If it always changes there, correct it, for the specification forbids catalogues that vary by connection; "
                + "or add --allow-unstable, which leaves out exactly these values and marks them in the file.");
            return ExitCodes.NotHealthy;
        }

        return await WriteAsync(parsed.GetValue(_file), target, results.Skip(1).ToList(), unstable, cancellationToken);
    }

    private static string Shown(IReadOnlyList<UnstablePlace> unstable)
    {
        const int most = 10;
        return ForeignText.OneLine(string.Join(", ", unstable.Take(most))) + (unstable.Count > most ? $" and {unstable.Count - most} more" : "");
    }

    private static async Task<int> WriteAsync(
        string? file, Target target, List<ProbeResult> samples, IReadOnlyList<UnstablePlace> unstable, CancellationToken cancellationToken)
    {
        var snapshot = UnstablePlaces.LeaveOut(samples[0].Snapshot!, unstable);
        var bytes = SnapshotFile.Write(target.Endpoint.Target, snapshot, samples, unstable);
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

        var leftOut = unstable.Count == 0 ? "" : $" Left out as unstable: {Shown(unstable)}.";
        await Console.Error.WriteLineAsync(
            $"Wrote {file}: {Count.Of(snapshot.Catalog.ToolNames.Count, "tool")}, {snapshot.Catalog.Hashes.Hash}, {Count.Of(samples.Count, "sample")}.{leftOut}");
        return ExitCodes.Ok;
    }
}
