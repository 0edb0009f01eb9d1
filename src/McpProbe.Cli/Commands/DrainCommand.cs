using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using McpProbe.Cli.Output;
using McpProbe.Gate;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Cli.Commands;

/// <summary><c>mcpprobe drain</c>: holds sessions while the server is deployed anew; its exit code says whether they were cut.</summary>
internal sealed class DrainCommand : Command, ITakesTarget
{
    private static readonly TimeSpan DefaultFor = TimeSpan.FromSeconds(300);
    private static readonly TimeSpan DefaultEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LeastEvery = TimeSpan.FromMilliseconds(100);
    private const int DefaultSessions = 10;

    private readonly Option<TimeSpan?> _for = GateOptions.Duration("--for", "How long to hold the sessions: over the whole deployment [default: 300s]");
    private readonly Option<TimeSpan?> _every = GateOptions.Duration("--every", "The time between two requests in one session, 100ms at least [default: 2s]");
    private readonly Option<OutputFormat> _output = GateOptions.Output();

    private readonly Option<int?> _sessions = new("--sessions")
    {
        Description = "How many sessions to hold [default: 10]",
        HelpName = "N",
        CustomParser = ReadSessions,
    };

    private readonly Option<bool> _strict = new("--strict")
    {
        Description = "Exit with 1 also when sessions ended properly (HTTP 404) and had to begin anew",
        Arity = ArgumentArity.Zero,
    };

    public DrainCommand()
        : base("drain", "Hold sessions around a rolling deployment: were any cut?")
    {
        Target.AddTo(this);
        foreach (var option in new Option[] { _for, _sessions, _every, _strict, _output })
            Options.Add(option);
        SetAction(RunAsync);
    }

    public TargetOptions Target { get; } = new();

    public IReadOnlyList<string> MistakesIn(ParseResult parsed)
    {
        var (target, mistakes) = Target.Bind(parsed);
        return [.. mistakes, .. OwnMistakes(parsed, target)];
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (target, mistakes) = Target.Bind(parsed);
        if (target is null || OwnMistakes(parsed, target) is { Count: > 0 })
            return Mistakes.Refuse(parsed, [.. mistakes, .. OwnMistakes(parsed, target)]);

        var run = new DrainRun(target.Endpoint, target.Prober, TimeProvider.System, Tell);
        var drained = await run.RunAsync(
            parsed.GetValue(_sessions) ?? DefaultSessions, parsed.GetValue(_for) ?? DefaultFor, parsed.GetValue(_every) ?? DefaultEvery,
            parsed.GetValue(_strict), cancellationToken);
        if (drained is { Holds: "nothing", Failure: null, Note: { } note })
            await Console.Error.WriteLineAsync($"mcpprobe drain: {ForeignText.OneLine(note)}");
        var report = new Report(Name, drained.Target, drained.StartedAt, drained.Checks);
        await ReportWriter.WriteAsync(
            parsed.GetValue(_output), report, style => GateText.Render(report, comparison: null, style, Terminal.Width()), () => ResultJson.Render(drained));
        return drained.ExitCode;
    }

    private List<string> OwnMistakes(ParseResult parsed, Target? target)
    {
        var mistakes = new List<string>();
        if (target is { Endpoint.Command: not null })
            mistakes.Add("--stdio: a command is started for this run, so no deployment can cut its session; give the URL of a server.");
        // What cannot be read has its message.
        if (Given(parsed, _every) is { } every && every < LeastEvery)
            mistakes.Add("--every: it is shorter than 100ms; a drain is no load test.");
        if (Given(parsed, _for) is { } time && time <= TimeSpan.Zero)
            mistakes.Add("--for: it is no time; write how long to hold the sessions, such as 300s.");
        return mistakes;
    }

    private static TimeSpan? Given(ParseResult parsed, Option<TimeSpan?> option) =>
        parsed.GetResult(option) is { Tokens: [{ Value: var text }] } && Durations.TryParse(text, out var time) ? time : null;

    private static void Tell(DrainedSession ended) => Console.Error.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"mcpprobe drain: {ended.AfterSeconds:0.0} s: a session {Word(ended.End)} after {ended.LivedSeconds:0.0} s ({ForeignText.OneLine(ended.Detail)})"));

    private static string Word(SessionEnd end) => end switch
    {
        SessionEnd.Proper => "ended properly",
        SessionEnd.Hang => "was cut: it hangs",
        SessionEnd.Dropped => "was cut: its stream was dropped",
        _ => "was cut: wrong error",
    };

    private static int? ReadSessions(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var sessions) || sessions is < 1 or > DrainRun.MostSessions)
            result.AddError($"--sessions: '{ForeignText.Brief(text)}' is not a number from 1 to {DrainRun.MostSessions}.");
        return sessions;
    }
}
