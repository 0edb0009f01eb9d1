using System.Globalization;
using System.Text.Json;
using McpProbe.CrashTest.Truth;
using McpProbe.Testing;

namespace McpProbe.CrashTest.OneMachine;

/// <summary>
/// A short story (an outage opens and resolves, a drift opens, is reminded and resolves), told once for every step of I/O that it
/// takes: there the process dies, and another one finishes the story.
/// </summary>
internal static class ServerSteps
{
    private const int Speed = 10;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <returns>Whether all was as promised.</returns>
    public static async Task<bool> RunAsync(CrashOptions options, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var start = time.GetTimestamp();
        var comparison = new Comparison();
        var deaths = new List<string>();
        for (var diesAt = 1; ; diesAt += options.Every)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await TellAsync(diesAt, comparison, cancellationToken) is not { } death)
                break;
            deaths.Add(death);
        }

        comparison.Count("runs that died", deaths.Count);
        foreach (var (death, count) in deaths.CountBy(death => death))
            comparison.Count($"  {death}", count);
        if (deaths.Count == 0)
            comparison.Fail("no run died: nothing is counted");
        return comparison.Print($"one machine, dying at every {(options.Every == 1 ? "" : $"{options.Every}th ")}step of its I/O", time.GetElapsedTime(start));
    }

    /// <returns>How the child died; null when it did not, because the story was over before.</returns>
    private static async Task<string?> TellAsync(int diesAt, Comparison all, CancellationToken cancellationToken)
    {
        using var temp = new TempDirectory();
        await using var receiver = await Receiver.StartAsync(new FaultPlan(diesAt, share: 0));
        await using var endpoints = await ScriptedEndpoints.StartAsync("a", "b");
        Endpoint[] definitions = [.. endpoints.All.Select(each => endpoints.Definition(each.Id, Interval, 1, 1))];
        await ServerKills.WriteProbesAsync(temp.File("probes.json"), definitions, receiver, cancellationToken);
        var origin = TimeProvider.System.GetUtcNow();
        Child Start(int dies) => Child.Start(
            typeof(ServerSteps).Assembly.Location, ServerHost.ReadyLine,
            new Dictionary<string, string> { [ServerHost.SecretVariable] = receiver.Secret },
            ServerHost.Name, "--probes", temp.File("probes.json"), "--data", temp.File("data"), "--dies-at", Text(dies),
            "--origin", Text(origin.UtcTicks), "--speed", Text(Speed));

        await using var story = new Story(Start, diesAt);
        var (a, b) = (endpoints["a"], endpoints["b"]);
        a.GoDown(OutageKind.Refusing);
        await story.UntilAsync("the outage is told", _ => Task.FromResult(receiver.Accepted("a", "outage", "opened") > 0));
        await story.UntilAsync("there is a baseline", api => api.HasBaselineAsync("b"));
        a.ComeUp();
        b.ComeUp(revision: 1);
        await story.UntilAsync("the recovery is told", _ => Task.FromResult(receiver.Accepted("a", "outage", "resolved") > 0));
        await story.UntilAsync("the drift is told", _ => Task.FromResult(receiver.Accepted("b", "drift", "opened") > 0));
        b.ComeUp(revision: 2);
        await story.UntilAsync("the second drift is told", _ => Task.FromResult(receiver.Accepted("b", "drift", "reminded") > 0));
        b.ComeUp();
        await story.UntilAsync("the return is told", _ => Task.FromResult(receiver.Accepted("b", "drift", "resolved") > 0));
        StoreView store;
        do
        {
            await story.UntilAsync("all is recorded", async api => await api.IsAllToldAsync("a") && await api.IsAllToldAsync("b"));
            await story.EndAsync();
            store = await DeadStore.ReadAsync(temp.File("data"), cancellationToken);
        }
        // A slow machine sees an outage that nobody scripted: it is part of the story then.
        while (!store.IsAllTold);

        var comparison = new Comparison();
        comparison.Compare(store, receiver.Arrivals, receiver.Recorded);
        foreach (var failure in comparison.Failures)
            all.Fail($"step {diesAt} ({story.Death}): {failure}");
        return story.Death;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The first child, and after its death the second.</summary>
    private sealed class Story(Func<int, Child> start, int diesAt) : IAsyncDisposable
    {
        private Child _child = start(diesAt);
        private ServerApi? _api;

        /// <summary>Its last words.</summary>
        public string? Death { get; private set; }

        public async Task UntilAsync(string what, Func<ServerApi, Task<bool>> condition)
        {
            var time = TimeProvider.System;
            var started = time.GetTimestamp();
            while (true)
            {
                try
                {
                    if (_child.HasEnded)
                        await StartAgainAsync();
                    if (_api is null && _child.Ready.IsCompletedSuccessfully)
                        _api = new ServerApi(await _child.Ready);
                    if (_api is not null && await condition(_api))
                        return;
                }
                catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException or IOException or JsonException)
                {
                    // It died just now.
                }
                if (time.GetElapsedTime(started) > Patience)
                    throw new CrashTestException($"Step {diesAt} ({Death}): waited in vain until {what}:\n{_child.Output}");
                await Task.Delay(TimeSpan.FromMilliseconds(5), time);
            }
        }

        /// <summary>Ends it, if it has not died by then.</summary>
        public async Task EndAsync()
        {
            if (!_child.HasEnded)
                await _child.TerminateAsync();
            if (_child.ExitCode is not (0 or Child.Killed))
                throw new CrashTestException($"Step {diesAt} ({Death}): the child ended with {_child.ExitCode}:\n{_child.Output}");
        }

        public async ValueTask DisposeAsync()
        {
            _api?.Dispose();
            await _child.DisposeAsync();
        }

        private async Task StartAgainAsync()
        {
            await _child.Ended;
            if (_child.ExitCode is not (0 or Child.Killed))
                throw new CrashTestException($"Step {diesAt} ({Death}): the child ended by itself, with {_child.ExitCode}:\n{_child.Output}");
            if (_child.ExitCode == Child.Killed)
                Death = _child.Output.Split('\n').LastOrDefault(line => line.StartsWith("dies ", StringComparison.Ordinal)) ?? "dies";
            await _child.DisposeAsync();
            _api?.Dispose();
            _api = null;
            _child = start(0);
        }
    }
}
