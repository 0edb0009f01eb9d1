using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Functions.Alerts;
using McpProbe.Functions.Probing;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Storage;
using McpProbe.Functions.Tests.Storage;
using McpProbe.Functions.Uptime;
using McpProbe.Model;
using McpProbe.Testing;
using McpProbe.Uptime;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Functions.Tests;

/// <summary>The whole path on the emulator, with a real MCP server, from the timer to the receiver of the alert.</summary>
public class PathTests(Emulators emulators)
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task Outage_TwiceInARow_TellsOpenedAndResolvedOnceEach()
    {
        var token = TestContext.Current.CancellationToken;
        var received = new ConcurrentQueue<(string Id, string Type)>();
        var attempts = new ConcurrentDictionary<string, int>();
        await using var receiver = await StubServer.StartAsync(context => ReceiveAsync(context, received, attempts));
        var server = await RealServers.StartAsync("everything");
        var (port, url) = (server.Port, server.Url);

        var account = await emulators.NewAccountAsync();
        await using var head = await Head.StartAsync(
            account, null, ("ProbeSchedule", "* * * * * *"),
            ("Channels__ops__type", "webhook"), ("Channels__ops__url", receiver.Url), ("Channels__ops__secret", Secret));
        var courier = new Courier(head, TimeProvider.System);
        var put = await head.SendAsync(courier.Client, "PUT", "/api/endpoints/everything",
            $$"""{"url":"{{url}}","interval":"2s","timeout":"2s","channels":["ops"]}""");
        Assert.Equal(201, put.Status);

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        Task[] platform = [RunTimersAsync(head, courier, stop.Token), RunQueueAsync(head, courier, stop.Token)];
        try
        {
            await UntilAsync(async () => (await head.Store.ReadResultsAsync("everything", null, 10, token)).Count > 0, "a first result", head, courier, platform);
            for (var round = 1; round <= 2; round++)
            {
                courier.CrashOnce();
                await server.DisposeAsync();
                await UntilAsync(() => Task.FromResult(received.Count(each => each.Type == "incident.opened") >= round), $"the alert of round {round}", head, courier, platform);

                server = await RealServers.StartAsync("everything", port);
                await UntilAsync(() => Task.FromResult(received.Count(each => each.Type == "incident.resolved") >= round), $"the resolve of round {round}", head, courier, platform);
            }

            await courier.FinishAsync();
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(platform);
            await server.DisposeAsync();
        }

        // Both rounds lost an orchestration between the state and its start.
        Assert.Equal(2, courier.Crashed.Count);
        Assert.Equal(
            ["incident.opened", "incident.resolved", "incident.opened", "incident.resolved"],
            received.DistinctBy(each => each.Id).Select(each => each.Type));
        // Refused at the first attempt and its retry, and sent again under the same id.
        Assert.All(attempts.Values, count => Assert.Equal(3, count));

        var incidents = await head.Store.ReadIncidentsAsync("everything", null, 10, token);
        Assert.Equal(2, incidents.Count);
        Assert.All(incidents, incident => Assert.Equal((IncidentKind.Outage, 2, true), (incident.Kind, incident.Sequence, incident.ResolvedAt is not null)));
        foreach (var incident in incidents)
        {
            var deliveries = await head.Store.ReadDeliveriesAsync(incident.Id, token);
            Assert.Equal([(DeliveryStatus.Delivered, 2), (DeliveryStatus.Delivered, 2)], deliveries.Select(row => (row.Status, row.Attempts)));
        }

        Assert.Empty(await head.Store.ReadPendingAsync(10, token));
        await AssertSlotsAsync(head.Store, token);
        await AssertRolledUpAsync(account, token);

        var status = await head.SendAsync(courier.Client, "GET", "/api/endpoints/everything/incidents");
        Assert.Equal((200, 2), (status.Status, JsonDocument.Parse(status.Body).RootElement.GetProperty("incidents").GetArrayLength()));
    }

    [Fact]
    public async Task Outage_FromTheFirstFailedSlot_IsAlertedWithinTheBudget()
    {
        var token = TestContext.Current.CancellationToken;
        var arrived = new TaskCompletionSource<DateTimeOffset>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var receiver = await StubServer.StartAsync(context =>
        {
            arrived.TrySetResult(TimeProvider.System.GetUtcNow());
            return Task.CompletedTask;
        });
        var server = await StubServer.StartAsync(McpScript.Handshake("echo"));
        var account = await emulators.NewAccountAsync();
        await using var head = await Head.StartAsync(
            account, null, ("ProbeSchedule", "* * * * * *"),
            ("Channels__ops__type", "webhook"), ("Channels__ops__url", receiver.Url), ("Channels__ops__secret", Secret));
        var courier = new Courier(head, TimeProvider.System);
        var put = await head.SendAsync(courier.Client, "PUT", "/api/endpoints/everything",
            $$"""{"url":"{{server.Url}}","interval":"3s","timeout":"2s","channels":["ops"]}""");
        Assert.Equal(201, put.Status);

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        Task[] platform = [RunTimersAsync(head, courier, stop.Token), RunQueueAsync(head, courier, stop.Token)];
        try
        {
            await UntilAsync(async () => (await head.Store.ReadResultsAsync("everything", null, 10, token))
                .Any(record => record.Result.Verdict is McpProbe.Model.Verdict.Healthy), "a healthy probe", head, courier, platform);
            await server.DisposeAsync();
            await UntilAsync(() => Task.FromResult(arrived.Task.IsCompleted), "the alert", head, courier, platform);
            await courier.FinishAsync();
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(platform);
            await server.DisposeAsync();
        }

        // Newest first: the failures in a row that the alert is about.
        var failed = (await head.Store.ReadResultsAsync("everything", null, 100, token))
            .SkipWhile(record => record.Result.Verdict is not McpProbe.Model.Verdict.Down)
            .TakeWhile(record => record.Result.Verdict is McpProbe.Model.Verdict.Down).ToList();
        var took = await arrived.Task - failed[^1].Slot;
        // (threshold - 1) × interval + timeout + 15 s (docs/architecture.md, Budgets)
        var budget = TimeSpan.FromSeconds((3 - 1) * 3 + 2 + 15);
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{took.TotalSeconds:F2} s from the first failed slot to the alert; budget {budget.TotalSeconds} s");
        Assert.InRange(took, TimeSpan.FromSeconds((3 - 1) * 3), budget);
    }

    /// <summary>
    /// Nothing lives between two probes here: the session's id is what is kept, and every message comes twice. server-everything answers
    /// 400 for the sessions of before it was restarted.
    /// </summary>
    [Fact]
    public async Task Canary_OfARealServerThatIsRestarted_IsToldAndShown()
    {
        var token = TestContext.Current.CancellationToken;
        var received = new ConcurrentQueue<(string Id, string Type)>();
        var attempts = new ConcurrentDictionary<string, int>();
        await using var receiver = await StubServer.StartAsync(context => ReceiveAsync(context, received, attempts));
        await using var stateless = await StubServer.StartAsync(new SessionServer { Stateless = true }.AnswerAsync);
        var sessions = new SessionServer();
        await using var stub = await StubServer.StartAsync(sessions.AnswerAsync);
        var server = await RealServers.StartAsync("everything");
        var account = await emulators.NewAccountAsync();
        (string, string)[] settings =
            [("ProbeSchedule", "* * * * * *"), ("Channels__ops__type", "webhook"), ("Channels__ops__url", receiver.Url), ("Channels__ops__secret", Secret)];
        try
        {
            HeldSession held;
            await using (var first = await Head.StartAsync(account, null, settings))
            {
                var courier = new Courier(first, TimeProvider.System);
                foreach (var (id, url) in new[] { ("everything", server.Url.AbsoluteUri), ("stateless", stateless.Url + "/mcp"), ("stub", stub.Url + "/mcp") })
                {
                    var put = await first.SendAsync(courier.Client, "PUT", $"/api/endpoints/{id}",
                        $$"""{"url":"{{url}}","interval":"4s","timeout":"4s","failureThreshold":1000,"canary":true,"alerts":{"sessionsCut":1},"channels":["ops"]}""");
                    Assert.True(put.Status == 201, put.Body);
                }

                await RunAsync(first, courier, async platform =>
                {
                    await UntilAsync(async () => Held(await StateAsync(first, "everything", token)) is not null, "a session", first, courier, platform);
                    await UntilAsync(async () => Held(await StateAsync(first, "stub", token)) is not null, "a session", first, courier, platform);
                    await UntilAsync(async () => (await StateAsync(first, "stateless", token)).Sessions?.Without is not null, "why there is none", first, courier, platform);
                    // A worker that is stopped before it has ended the session of its twin leaves that to the server's own idle time.
                    await UntilAsync(() => Task.FromResult(sessions.Held == 1), "one session alone", first, courier, platform);
                }, token);
                held = Held(await StateAsync(first, "everything", token))!;
                Assert.False(string.IsNullOrEmpty(held.Id));
            }

            // Another process goes on with it.
            await using var head = await Head.StartAsync(account, null, settings);
            var second = new Courier(head, TimeProvider.System);
            await RunAsync(head, second, async platform =>
            {
                var asked = Held(await StateAsync(head, "stub", token))!.Id;
                sessions.Asked.Clear();
                await UntilAsync(() => Task.FromResult(sessions.Asked.Contains(("tools/list", asked))), "a request in the session", head, second, platform);
                Assert.Equal(held.Since, Held(await StateAsync(head, "everything", token))!.Since);

                var port = server.Port;
                await server.DisposeAsync();
                server = await RealServers.StartAsync("everything", port);
                await UntilAsync(() => Task.FromResult(received.Any(each => each.Type == "incident.opened")), "the alert", head, second, platform);
                await second.FinishAsync();
            }, token);

            var ended = Assert.Single((await StateAsync(head, "everything", token)).Sessions!.Ended);
            Assert.Equal((SessionEnd.WrongError, held.Since), (ended.End, ended.Since));
            Assert.StartsWith("HTTP 400", ended.Detail, StringComparison.Ordinal);
            Assert.Equal(IncidentKind.Session, Assert.Single(await head.Store.ReadIncidentsAsync("everything", null, 10, token)).Kind);
            var shown = await head.SendAsync(second.Client, "GET", "/api/endpoints/everything/sessions");
            Assert.Equal("wrong-error", JsonDocument.Parse(shown.Body).RootElement.GetProperty("ended")[0].GetProperty("end").GetString());
            Assert.DoesNotContain(held.Id!, shown.Body, StringComparison.Ordinal);
            Assert.Contains("(Azure) nothing is held between two probes",
                JsonDocument.Parse((await head.SendAsync(second.Client, "GET", "/api/endpoints/stateless/sessions")).Body).RootElement.GetProperty("without").GetString(), StringComparison.Ordinal);
            // The twin of a message that was too late has ended the session that it opened.
            var known = Held(await StateAsync(head, "stub", token))!.Id;
            await Eventually.TrueAsync(() => sessions.Held == 1, $"the server holds {sessions.Held} sessions");
            Assert.Contains(("tools/list", known), sessions.Asked);
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    private static async Task RunAsync(Head head, Courier courier, Func<Task[], Task> story, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] platform = [RunTimersAsync(head, courier, stop.Token), RunQueueAsync(head, courier, stop.Token)];
        try
        {
            await story(platform);
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(platform);
        }
    }

    private static async Task<EndpointState> StateAsync(Head head, string id, CancellationToken cancellationToken) =>
        (await head.Store.ReadStateAsync(id, cancellationToken))?.State ?? EndpointState.New;

    private static HeldSession? Held(EndpointState state) => state.Sessions?.Held.Values.SingleOrDefault();

    private static async Task AssertSlotsAsync(TableStore store, CancellationToken cancellationToken)
    {
        var results = await store.ReadResultsAsync("everything", null, 1000, cancellationToken);
        Assert.Equal(results.Select(record => record.Slot).Distinct(), results.Select(record => record.Slot));
        Assert.Contains(results, record => record.Result.Catalog is { Tools: > 0 });
        Assert.Contains(results, record => record.Result.Failure is { Kind: McpProbe.Model.FailureKind.Refused });
    }

    // Two hours later: an hour is rolled up when it is over.
    private static async Task AssertRolledUpAsync(StorageAccount account, CancellationToken cancellationToken)
    {
        var now = TimeProvider.System.GetUtcNow();
        var later = new FakeTimeProvider(now.AddHours(2));
        await using var head = await Head.StartAsync(account, later);
        var courier = new Courier(head, later);
        await head.InvokeAsync<RollUp>(rollUp => rollUp.RunAsync(new TimerInfo(), courier.Client, cancellationToken));

        var hours = await head.Store.ReadRollupsAsync("everything", RollupPeriod.Hour, now.AddHours(-2), now.AddHours(1), cancellationToken);
        var results = await head.Store.ReadResultsAsync("everything", null, 1000, cancellationToken);
        Assert.NotEmpty(results);
        Assert.Equal(results.Count, hours.Sum(hour => hour.Rollup.Observed + hour.Rollup.Unknown));
        Assert.Equal(results.Count(record => record.Result.Verdict is McpProbe.Model.Verdict.Down), hours.Sum(hour => hour.Rollup.Down));
    }

    // The timers of the platform, every second.
    private static async Task RunTimersAsync(Head head, Courier courier, CancellationToken cancellationToken)
    {
        try
        {
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), TimeProvider.System);
            do
            {
                // Two instances at once: each window is sent by one of them.
                await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => head.InvokeAsync<ScheduleProbes>(
                    schedule => schedule.RunAsync(new TimerInfo(), cancellationToken))));
                await SweepAsync(head, courier, cancellationToken);
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException)
        {
        }
    }

    private static async Task SweepAsync(Head head, Courier courier, CancellationToken cancellationToken)
    {
        try
        {
            await head.InvokeAsync<SweepAlerts>(sweep => sweep.RunAsync(new TimerInfo(), courier.Client, cancellationToken));
        }
        catch (AggregateException) when (courier.Crashed.Count > 0)
        {
            // The platform logs a failed timer, and runs it again at its next tick.
        }
    }

    // The platform's queue listener on a bad day: newest first, every message delivered twice, a failed one comes again.
    private static async Task RunQueueAsync(Head head, Courier courier, CancellationToken cancellationToken)
    {
        var queue = head.Services.GetRequiredService<QueueServiceClient>().GetQueueClient("probes-home");
        var working = new List<Task>();
        try
        {
            while (true)
            {
                QueueMessage[] messages = await queue.ReceiveMessagesAsync(16, TimeSpan.FromSeconds(60), cancellationToken);
                foreach (var message in messages.Reverse())
                {
                    working.Add(WorkAsync(head, courier, queue, message, cancellationToken));
                    working.Add(WorkAsync(head, courier, queue, Again(message), cancellationToken));
                }

                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(working);
        }
    }

    private static QueueMessage Again(QueueMessage message) => QueuesModelFactory.QueueMessage(
        message.MessageId, message.PopReceipt, message.Body, dequeueCount: 2, message.NextVisibleOn, message.InsertedOn, message.ExpiresOn);

    private static async Task WorkAsync(
        Head head, Courier courier, QueueClient queue, QueueMessage message, CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < 5; tries++)
        {
            try
            {
                await head.InvokeAsync<ProbeEndpoints>(probe => probe.RunAsync(
                    tries == 0 ? message : Again(message), courier.Client, cancellationToken));
                await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, CancellationToken.None);
                return;
            }
            catch (UnfinishedBatchException) when (!cancellationToken.IsCancellationRequested)
            {
                // host.json: a failed message comes again after a moment.
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, CancellationToken.None);
            }
            catch (Azure.RequestFailedException gone) when (gone.Status is 404 or 400)
            {
                // Its twin was done first and has deleted it.
                return;
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }

        Assert.Fail("a message was not finished in five tries");
    }

    // Every first attempt is turned down, and the retry that follows it at once.
    private static async Task ReceiveAsync(
        HttpContext context, ConcurrentQueue<(string Id, string Type)> received, ConcurrentDictionary<string, int> attempts)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var (id, timestamp) = (context.Request.Headers["webhook-id"].ToString(), context.Request.Headers["webhook-timestamp"].ToString());
        Assert.True(WebhookSignature.TryReadKeys(Secret, out var keys, out _));
        var expected = WebhookSignature.Sign(
            keys, id, DateTimeOffset.FromUnixTimeSeconds(long.Parse(timestamp, CultureInfo.InvariantCulture)), body.ToArray());
        if (context.Request.Headers["webhook-signature"] != expected)
        {
            context.Response.StatusCode = 400;
            return;
        }

        if (attempts.AddOrUpdate(id, 1, (_, count) => count + 1) <= 2)
        {
            context.Response.StatusCode = 503;
            return;
        }

        received.Enqueue((id, JsonDocument.Parse(body.ToArray()).RootElement.GetProperty("type").GetString()!));
    }

    private static async Task UntilAsync(Func<Task<bool>> condition, string what, Head head, Courier courier, Task[] platform)
    {
        using var deadline = new CancellationTokenSource(Patience, TimeProvider.System);
        while (!await condition())
        {
            foreach (var ended in platform.Where(task => task.IsCompleted))
                await ended;
            if (deadline.IsCancellationRequested)
                Assert.Fail($"waited in vain for {what}\n{await DescribeAsync(head, courier)}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    private static async Task<string> DescribeAsync(Head head, Courier courier)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var lines = new List<string> { $"instances: {string.Join(", ", courier.Describe())}" };
        lines.AddRange((await head.Store.ReadPendingAsync(10, cancellation)).Select(pending => $"pending: {pending.Id}"));
        foreach (var incident in await head.Store.ReadIncidentsAsync("everything", null, 10, cancellation))
        {
            lines.Add(incident.ToString());
            lines.AddRange((await head.Store.ReadDeliveriesAsync(incident.Id, cancellation)).Select(delivery => delivery.ToString()));
        }

        lines.AddRange((await head.Store.ReadResultsAsync("everything", null, 20, cancellation))
            .Select(record => $"{record.Slot:HH:mm:ss.fff} {record.Result.Verdict} {record.Result.Failure?.Message}"));
        return string.Join('\n', lines);
    }
}
