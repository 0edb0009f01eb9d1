using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net.Sockets;
using McpProbe.Cli.Bridge;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Cli.Commands;

/// <summary><c>mcpprobe bridge</c>: health checks over plain GET, for platforms that cannot speak MCP.</summary>
internal sealed class BridgeCommand : Command, ITakesTarget
{
    private readonly Option<ListenAddress?> _listen = new("--listen")
    {
        Description = "Where to answer; [::] or a port alone for all addresses [default: 127.0.0.1:8086]",
        HelpName = "HOST:PORT",
        CustomParser = ReadAddress,
    };

    private readonly Option<TimeSpan?> _liveTimeout = GateOptions.Duration(
        "--live-timeout", "The longest that /live may take [default: 30s]");

    private readonly Option<TimeSpan?> _hold = GateOptions.Duration(
        "--hold", "How long a result answers for before the server is asked again [default: 5s]");

    private readonly Option<TimeSpan?> _drain = GateOptions.Duration(
        "--drain", "After SIGTERM: how long /ready says no before the bridge ends [default: 5s]");

    public BridgeCommand()
        : base("bridge", "Answer /startup, /ready and /live over plain GET, by probing the server")
    {
        Target.AddTo(this);
        foreach (var option in new Option[] { _listen, _liveTimeout, _hold, _drain })
            Options.Add(option);
        SetAction(RunAsync);
    }

    public TargetOptions Target { get; } = new(
        new Option<string>("--target") { Description = "The same as URL", HelpName = "URL" }, BridgeTimes.Default.Ready);

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (target, mistakes) = Target.Bind(parsed);
        if (target is null)
            return Mistakes.Refuse(parsed, mistakes);
        var address = parsed.GetValue(_listen) ?? ListenAddress.Default;
        var usual = BridgeTimes.Default;
        var times = new BridgeTimes(
            target.Endpoint.Timeout, parsed.GetValue(_liveTimeout) ?? usual.Live, parsed.GetValue(_hold) ?? usual.Hold, parsed.GetValue(_drain) ?? usual.Drain);

        IReadOnlyList<Socket> listeners;
        try
        {
            listeners = address.Listen();
        }
        catch (SocketException failure)
        {
            await Console.Error.WriteLineAsync($"mcpprobe bridge: {address.Text} cannot be listened on: {ListenFailure.Of(failure)}. Choose another address with --listen.");
            return ExitCodes.Usage;
        }

        await Console.Error.WriteLineAsync($"mcpprobe bridge: listening on {address.Text}: /startup, /ready and /live answer for {ForeignText.OneLine(target.Endpoint.Target)}.");
        try
        {
            await ServeAsync(listeners, target, times, cancellationToken);
            return ExitCodes.Ok;
        }
        finally
        {
            foreach (var listener in listeners)
                listener.Dispose();
        }
    }

    /// <summary>Answers until the process is asked to end, and then while it drains.</summary>
    private static async Task ServeAsync(IReadOnlyList<Socket> listeners, Target target, BridgeTimes times, CancellationToken stop)
    {
        var time = TimeProvider.System;
        using var ended = new CancellationTokenSource();
        await using var checks = new HealthChecks(target, times, time, ended.Token);
        var server = new HealthServer(checks, time);
        var serving = server.RunAsync(listeners, ended.Token);

        await Task.Delay(Timeout.InfiniteTimeSpan, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        server.Drain();
        if (times.Drain > TimeSpan.Zero)
            await Console.Error.WriteLineAsync($"mcpprobe bridge: ending in {Durations.Format(times.Drain)}; /ready answers 503 until then.");
        await Task.Delay(times.Drain, time, CancellationToken.None);
        await ended.CancelAsync();
        await serving;
    }

    private static ListenAddress? ReadAddress(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (ListenAddress.TryParse(text, out var address))
            return address;
        result.AddError($"--listen: '{ForeignText.Brief(text)}' is not an address to listen on; write HOST:PORT, such as 0.0.0.0:8086 or [::]:8086, or a port alone, such as :8086.");
        return null;
    }
}
