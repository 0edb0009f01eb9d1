using System.Globalization;
using McpProbe.CrashTest.OneMachine;
using McpProbe.CrashTest.Truth;
using McpProbe.Functions;
using McpProbe.Functions.Storage;
using McpProbe.Functions.Tests.Storage;
using McpProbe.Monitoring;
using McpProbe.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.CrashTest.Azure;

/// <summary>
/// The story of <see cref="ServerSteps"/> on the Azure head over the emulator, told once for every write, send and start of an
/// orchestration that it takes: there the process dies, and another one finishes the story.
/// </summary>
internal static class AzureSteps
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>Steps that one emulator sees: it has a limited number of accounts, and its memory grows.</summary>
    private const int AnEmulator = 50;
    private static readonly DateTimeOffset First = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    /// <returns>Whether all was as promised.</returns>
    public static async Task<bool> RunAsync(CrashOptions options, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var start = time.GetTimestamp();
        var comparison = new Comparison();
        var deaths = new List<string>();
        for (var diesAt = 1; await TellFromAsync(diesAt, diesAt + AnEmulator * options.Every, options.Every, comparison, deaths, cancellationToken);)
        {
            diesAt += AnEmulator * options.Every;
            await Console.Out.WriteLineAsync($"{Text(diesAt - 1)} steps, {Text(deaths.Count)} deaths, {Text(comparison.Failures.Count)} failures");
        }

        comparison.Count("runs that died", deaths.Count);
        foreach (var (death, count) in deaths.CountBy(death => death).OrderBy(each => each.Key))
            comparison.Count($"  {death}", count);
        if (deaths.Count == 0)
            comparison.Fail("no run died: nothing is counted");
        return comparison.Print($"Azure, dying at every {(options.Every == 1 ? "" : $"{options.Every}th ")}step of its I/O, messages in order and swapped", time.GetElapsedTime(start));
    }

    /// <returns>Whether the story goes on after these steps.</returns>
    private static async Task<bool> TellFromAsync(int from, int to, int every, Comparison comparison, List<string> deaths, CancellationToken cancellationToken)
    {
        await using var azurite = await Azurite.StartAsync();
        for (var diesAt = from; diesAt < to; diesAt += every)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var told = await Task.WhenAll(new[] { false, true }.Select(
                swapped => TellAsync(azurite.NewAccount().ConnectionString, diesAt, swapped, comparison, cancellationToken)));
            deaths.AddRange(told.OfType<string>());
            // Twins race each other: one telling may be a step shorter than the other.
            if (told.All(death => death is null))
                return false;
        }

        return true;
    }

    /// <returns>How the child died; null when it did not, because the story was over before.</returns>
    private static async Task<string?> TellAsync(string account, int diesAt, bool swapped, Comparison all, CancellationToken cancellationToken)
    {
        using var temp = new TempDirectory();
        await using var receiver = await Receiver.StartAsync(new FaultPlan(diesAt, share: 0));
        await using var endpoints = await ScriptedEndpoints.StartAsync("a", "b", "c");
        endpoints.Scene = slot => Play(endpoints, slot);
        var store = new TableStore(
            StoreClients.WithConnectionString(account), shards: 1, [HeadSettings.Home], NullLogger<TableStore>.Instance,
            // Defined before the first slot of the story.
            new FakeTimeProvider(First - AzureStory.Interval));
        await store.OpenAsync(cancellationToken);
        foreach (var each in endpoints.All)
        {
            var definition = endpoints.Definition(each.Id, AzureStory.Interval, 1, 1) with
            {
                // As long as a function may wait, and the clock of the story stands still meanwhile.
                Timeout = TimeSpan.FromMinutes(3),
                Channels = [Receiver.Channel, Receiver.Chat],
            };
            await store.PutEndpointAsync(new RegisteredEndpoint(definition, EndpointSource.Api), cancellationToken);
        }
        Child Start(int dies) => Child.Start(
            typeof(AzureSteps).Assembly.Location, AzureStory.DoneLine,
            new Dictionary<string, string> { [ServerHost.SecretVariable] = receiver.Secret },
            [
                AzureStory.Name, "--store", account, "--directory", temp.Path, "--receiver", receiver.Url, "--scenes", endpoints.SceneUrl,
                "--first", Text(First.UtcTicks), "--dies-at", Text(dies), .. swapped ? ["--swapped"] : Array.Empty<string>(),
            ]);

        string? death = null;
        var recorded = new Dictionary<string, int>();
        await using (var first = Start(diesAt))
        {
            await EndAsync(first);
            if (first.ExitCode == Child.Killed)
                death = first.Output.Split('\n').LastOrDefault(line => line.StartsWith("dies ", StringComparison.Ordinal)) ?? "dies";
            else if (first.ExitCode != 0)
                throw new CrashTestException($"Step {diesAt}: the child ended with {first.ExitCode}:\n{first.Output}");
        }
        if (death is not null)
        {
            var left = await StoreView.ReadAsync(store, store, cancellationToken);
            receiver.IsRecorded(left.Delivered());
            foreach (var id in left.Delivered(Receiver.Chat))
                recorded.Add(id, receiver.Gathered.Count);
            await using var second = Start(0);
            await EndAsync(second);
            if (second.ExitCode != 0)
                throw new CrashTestException($"Step {diesAt} ({death}): the second child ended with {second.ExitCode}:\n{second.Output}");
        }

        var comparison = new Comparison();
        var view = await StoreView.ReadAsync(store, store, cancellationToken);
        comparison.Compare(view, receiver.Arrivals, receiver.Recorded);
        comparison.CompareGathered(view, receiver.Gathered, recorded);
        if (!receiver.Gathered.Any(arrival => arrival.Body!.Contains('\n')))
            comparison.Fail("nothing was gathered");
        if (receiver.Accepted("a", "outage", "resolved") != 1 || receiver.Accepted("b", "drift", "resolved") != 1)
            comparison.Fail("the outage and the drift were not told as one of each");
        foreach (var failure in comparison.Failures)
            all.Fail($"step {diesAt}{(swapped ? ", swapped" : "")} ({death}): {failure}");
        return death;
    }

    private static async Task EndAsync(Child child)
    {
        try
        {
            await child.Ended.WaitAsync(Patience, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            throw new CrashTestException($"The child does not come to its end:\n{child.Output}");
        }
    }

    // Three slots each: one of them may be lost when messages are swapped. The drift begins a slot sooner, because it is told at the
    // second look: three incidents open in one slot, and all but the first are gathered for the people.
    private static void Play(ScriptedEndpoints endpoints, int slot)
    {
        var (a, b, c) = (endpoints["a"], endpoints["b"], endpoints["c"]);
        foreach (var each in new[] { a, c })
        {
            if (slot / 3 != 1)
                each.ComeUp();
            else if (each.Outages is not [.., { End: null }])
                each.GoDown(OutageKind.Refusing);
        }
        b.ComeUp(revision: slot switch
        {
            < 2 => 0,
            < 6 => 1,
            < 9 => 2,
            _ => 0,
        });
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
