using System.CommandLine;
using System.Globalization;
using System.Net;
using McpProbe.Cli.Bridge;
using McpProbe.Endpoints;

namespace McpProbe.Cli.Commands;

/// <summary><c>mcpprobe bridge</c>: health checks over plain GET, for platforms that cannot speak MCP.</summary>
internal sealed class BridgeCommand : Command, ITakesTarget
{
    private readonly Option<string> _listen = new("--listen")
    {
        Description = "Where to answer; 0.0.0.0 for all interfaces [default: 127.0.0.1:8086]",
        HelpName = "HOST:PORT",
    };

    private readonly Option<string> _liveTimeout = Time("--live-timeout", "The longest that /live may take [default: 30s]");
    private readonly Option<string> _hold = Time("--hold", "How long a result answers for before the server is asked again [default: 5s]");
    private readonly Option<string> _drain = Time("--drain", "After SIGTERM: how long /ready says no before the bridge ends [default: 5s]");

    public BridgeCommand()
        : base("bridge", "Answer /startup, /ready and /live over plain GET, by probing the server")
    {
        Target.AddTo(this);
        foreach (var option in new[] { _listen, _liveTimeout, _hold, _drain })
            Options.Add(option);
        SetAction(RunAsync);
    }

    public TargetOptions Target { get; } = new(
        new Option<string>("--target") { Description = "The same as URL", HelpName = "URL" }, BridgeTimes.Default.Ready);

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (target, mistakes) = Target.Bind(parsed);
        List<string> all = [.. mistakes];
        var address = Address(parsed.GetValue(_listen) ?? "127.0.0.1:8086");
        if (address is null)
            all.Add($"--listen: '{ForeignText.Brief(parsed.GetValue(_listen)!)}' is not an address to listen on; write HOST:PORT, such as 0.0.0.0:8086.");
        var defaults = BridgeTimes.Default;
        var times = new BridgeTimes(
            target?.Endpoint.Timeout ?? defaults.Ready,
            Duration(parsed, _liveTimeout, defaults.Live, all),
            Duration(parsed, _hold, defaults.Hold, all),
            Duration(parsed, _drain, defaults.Drain, all));
        if (target is null || address is not var (host, port) || all.Count > 0)
            return Mistakes.Refuse(parsed, all);

        using var listener = new HttpListener();
        listener.Prefixes.Add($"http://{(host is "0.0.0.0" or "[::]" or "*" ? "+" : host)}:{port}/");
        try
        {
            listener.Start();
        }
        catch (HttpListenerException taken)
        {
            await Console.Error.WriteLineAsync($"mcpprobe bridge: {host}:{port} cannot be listened on ({taken.Message}); choose another address with --listen.");
            return ExitCodes.Usage;
        }

        await Console.Error.WriteLineAsync($"mcpprobe bridge: http://{host}:{port}/startup, /ready and /live answer for {ForeignText.OneLine(target.Endpoint.Target)}.");
        await ServeAsync(listener, target, times, cancellationToken);
        return ExitCodes.Ok;
    }

    /// <summary>Answers until the process is asked to end, and then while it drains.</summary>
    private static async Task ServeAsync(HttpListener listener, Target target, BridgeTimes times, CancellationToken stop)
    {
        var time = TimeProvider.System;
        using var ended = new CancellationTokenSource();
        await using var checks = new HealthChecks(target, times, time, ended.Token);
        var server = new HealthServer(checks, time);
        var serving = server.RunAsync(listener, ended.Token);

        await Task.Delay(Timeout.InfiniteTimeSpan, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        server.Drain();
        if (times.Drain > TimeSpan.Zero)
            await Console.Error.WriteLineAsync($"mcpprobe bridge: ending in {Durations.Format(times.Drain)}; /ready answers 503 until then.");
        await Task.Delay(times.Drain, time, CancellationToken.None);
        await ended.CancelAsync();
        await serving;
    }

    private static (string Host, int Port)? Address(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535)
            return null;
        var host = text[..colon];
        return host is "" ? ("0.0.0.0", port)
            : host is "*" or "localhost" || IPAddress.TryParse(host.Trim('[', ']'), out _) ? (host, port) : null;
    }

    private static TimeSpan Duration(ParseResult parsed, Option<string> option, TimeSpan otherwise, List<string> mistakes)
    {
        if (parsed.GetValue(option) is not { } text)
            return otherwise;
        if (Durations.TryParse(text, out var duration))
            return duration;
        mistakes.Add($"{option.Name}: '{ForeignText.Brief(text)}' is not a duration such as 500ms, 10s or 1m.");
        return otherwise;
    }

    private static Option<string> Time(string name, string description) => new(name) { Description = description, HelpName = "TIME" };
}
