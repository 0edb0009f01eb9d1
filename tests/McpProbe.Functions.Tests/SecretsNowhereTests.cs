using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Azure.Data.Tables;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using McpProbe.Functions.Alerts;
using McpProbe.Functions.Probing;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Tests.Storage;
using McpProbe.Testing;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace McpProbe.Functions.Tests;

/// <summary>
/// A server that takes its key in the URL and repeats its URL wherever it can. The key reaches the server, and none of the tables,
/// blobs, messages, logs, answers and alerts of the head.
/// </summary>
public class SecretsNowhereTests(Emulators emulators)
{
    private const string Variable = "SECRET_OF_SECRETS_NOWHERE_TESTS";
    private const string Marker = "m4rker/of&the=secret?#%";
    private const string Literal = "l1teral-value-of-the-query";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task SecretOfAUrl_ReachesTheServerAndNothingElse()
    {
        var token = TestContext.Current.CancellationToken;
        Environment.SetEnvironmentVariable(Variable, Marker);
        var trouble = 0;
        var asked = new ConcurrentQueue<string>();
        await using var watched = await StubServer.StartAsync(context => RepeatingServer.AnswerAsync(context, asked, Volatile.Read(ref trouble)));
        var bodies = new ConcurrentQueue<string>();
        await using var receiver = await StubServer.StartAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            bodies.Enqueue(await reader.ReadToEndAsync(context.RequestAborted));
        });
        var account = await emulators.NewAccountAsync();
        using var log = new KeptLog();
        await using var head = await Head.StartAsync(
            account.ConnectionString, account.Connect(), null, log.Use, ("ProbeSchedule", "* * * * * *"),
            ("Channels__ops__type", "webhook"), ("Channels__ops__url", receiver.Url));
        var courier = new Courier(head, TimeProvider.System);
        const string rest = "\"interval\":\"1s\",\"timeout\":\"1s\",\"failureThreshold\":1,\"visibility\":\"public\",\"channels\":[\"ops\"],\"alerts\":{\"flapping\":false,\"drift\":\"info\"}";
        var refused = await head.SendAsync(courier.Client, "PUT", "/api/endpoints/a", $$"""{"url":"{{watched.Url}}/mcp?key=${env:STORE_KEY}",{{rest}}}""");
        Assert.Equal(400, refused.Status);
        foreach (var (id, path, more) in new[] { ("a", "/p/${env:" + Variable + "}/mcp?key=${env:" + Variable + "}", ""), ("b", "/h1dden/mcp?key=" + Literal, ",\"hideUrl\":true") })
            Assert.Equal(201, (await head.SendAsync(courier.Client, "PUT", $"/api/endpoints/{id}", $$"""{"url":"{{watched.Url}}{{path}}",{{rest}}{{more}}}""")).Status);

        var messages = new ConcurrentQueue<string>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        var platform = RunAsync(head, courier, messages, stop.Token);
        try
        {
            await UntilAsync(() => asked.Any(target => target.StartsWith("/p/", StringComparison.Ordinal)), "the server is asked", platform);
            for (var kind = 1; kind <= 4; kind++)
            {
                Volatile.Write(ref trouble, kind);
                await UntilAsync(() => OpenAsync(head, courier), 2, $"incidents of trouble {kind}", platform);
                Volatile.Write(ref trouble, 0);
                await UntilAsync(() => OpenAsync(head, courier), 0, $"the end of trouble {kind}", platform);
            }

            await UntilAsync(() => bodies.Count >= 16, "all alerts", platform);
            await courier.FinishAsync();
        }
        finally
        {
            await stop.CancelAsync();
            await platform;
        }

        var open = await ReadAsync(head, courier, ["/", "/endpoints/a", "/endpoints/b", "/api/status", "/api/health"], null);
        var told = string.Join('\n', bodies);
        var check = await head.SendAsync(courier.Client, "POST", "/api/check", """{"id":"a"}""");
        var answers = await ReadAsync(
            head, courier,
            ["/", "/channels", "/api/endpoints", .. new[] { "a", "b" }.SelectMany(id => new[]
            {
                $"/endpoints/{id}", $"/api/endpoints/{id}", $"/api/endpoints/{id}/results", $"/api/endpoints/{id}/incidents", $"/api/endpoints/{id}/drift", $"/api/endpoints/{id}/catalog",
            })],
            "correct-horse");
        var stored = await StoredAsync(account);
        var logged = string.Join('\n', log.Records.Select(record => record.Text));

        Assert.Contains($"/p/{Uri.EscapeDataString(Marker)}/mcp?key={Uri.EscapeDataString(Marker)}", asked);
        Assert.Contains(messages, message => message.Contains("${env:" + Variable + "}", StringComparison.Ordinal));
        Assert.Contains("${env:" + Variable + "}", stored, StringComparison.Ordinal);
        foreach (var (where, text) in new[]
                 {
                     ("open pages", open), ("alerts", told), ("check", check.Body), ("answers", answers), ("messages", string.Join('\n', messages)), ("store", stored), ("log", logged),
                 })
        {
            foreach (var secret in new[] { Marker, Uri.EscapeDataString(Marker), "m4rker" })
                Assert.True(!text.Contains(secret, StringComparison.OrdinalIgnoreCase), $"'{secret}' in {where}: {SecretSearch.Around(text, secret)}");
        }

        foreach (var secret in new[] { Literal, "h1dden" })
            Assert.True(!(open + told).Contains(secret, StringComparison.OrdinalIgnoreCase), $"'{secret}' shows to everybody: {SecretSearch.Around(open + told, secret)}");
    }

    // The timers and the queue listener of the platform.
    private static async Task RunAsync(Head head, Courier courier, ConcurrentQueue<string> messages, CancellationToken cancellationToken)
    {
        var queue = head.Services.GetRequiredService<QueueServiceClient>().GetQueueClient("probes-home");
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(500), TimeProvider.System);
        try
        {
            do
            {
                await head.InvokeAsync<ScheduleProbes>(schedule => schedule.RunAsync(new TimerInfo(), cancellationToken));
                foreach (QueueMessage message in (await queue.ReceiveMessagesAsync(16, TimeSpan.FromSeconds(60), cancellationToken)).Value)
                {
                    messages.Enqueue(message.Body.ToString());
                    await head.InvokeAsync<ProbeEndpoints>(probe => probe.RunAsync(message, courier.Client, cancellationToken));
                    await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, cancellationToken);
                }

                await head.InvokeAsync<SweepAlerts>(sweep => sweep.RunAsync(new TimerInfo(), courier.Client, cancellationToken));
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // The end.
        }
    }

    private static async Task<int> OpenAsync(Head head, Courier courier)
    {
        var status = await head.SendAsync(courier.Client, "GET", "/api/status", key: null);
        return JsonDocument.Parse(status.Body).RootElement.GetProperty("counts").GetProperty("openIncidents").GetInt32();
    }

    private static async Task UntilAsync(Func<Task<int>> count, int expected, string what, Task platform)
    {
        using var deadline = new CancellationTokenSource(Patience, TimeProvider.System);
        while (await count() != expected)
        {
            if (platform.IsCompleted)
                await platform;
            Assert.False(deadline.IsCancellationRequested, $"waited in vain for {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    private static Task UntilAsync(Func<bool> condition, string what, Task platform) => UntilAsync(() => Task.FromResult(condition() ? 1 : 0), 1, what, platform);

    private static async Task<string> ReadAsync(Head head, Courier courier, IEnumerable<string> paths, string? key)
    {
        var all = new StringBuilder();
        foreach (var path in paths)
        {
            var (status, body, _) = await head.SendAsync(courier.Client, "GET", path, key: key, accept: path.StartsWith("/api", StringComparison.Ordinal) ? null : "text/html");
            all.Append(path).Append(' ').Append(status).AppendLine(body);
        }

        return SecretSearch.Readable(all.ToString());
    }

    /// <summary>Every entity, blob and message of the account, unpacked.</summary>
    private static async Task<string> StoredAsync(StorageAccount account)
    {
        var token = TestContext.Current.CancellationToken;
        var clients = account.Connect();
        var all = new StringBuilder();
        await foreach (var table in clients.Tables.QueryAsync(cancellationToken: token))
        {
            await foreach (var row in clients.Tables.GetTableClient(table.Name).QueryAsync<TableEntity>(cancellationToken: token))
            {
                foreach (var (name, value) in row)
                    all.Append(name).Append('=').AppendLine(value is byte[] bytes ? SecretSearch.Unpacked(bytes) : value?.ToString());
            }
        }

        await foreach (var container in clients.Blobs.GetBlobContainersAsync(cancellationToken: token))
        {
            var blobs = clients.Blobs.GetBlobContainerClient(container.Name);
            await foreach (var blob in blobs.GetBlobsAsync(cancellationToken: token))
                all.AppendLine(blob.Name).AppendLine(SecretSearch.Unpacked((await blobs.GetBlobClient(blob.Name).DownloadContentAsync(token)).Value.Content.ToArray()));
        }

        await foreach (var queue in clients.Queues.GetQueuesAsync(cancellationToken: token))
        {
            foreach (var message in (await clients.Queues.GetQueueClient(queue.Name).PeekMessagesAsync(32, token)).Value)
                all.AppendLine(message.Body.ToString());
        }

        return all.ToString();
    }
}
