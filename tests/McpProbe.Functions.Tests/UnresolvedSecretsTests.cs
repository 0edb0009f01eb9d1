using System.Collections.Concurrent;
using System.Text.Json;
using McpProbe.Alerts.Deliveries;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Tests.Storage;
using McpProbe.Testing;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace McpProbe.Functions.Tests;

/// <summary>Key Vault references that the platform left standing.</summary>
public class UnresolvedSecretsTests(Emulators emulators)
{
    private const string Reference = "@Microsoft.KeyVault(VaultName=kv;SecretName=s)";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ApiKey_NotResolved_NobodyIsLetInAndProbingGoesOn()
    {
        await using var head = await Head.StartAsync(await emulators.NewAccountAsync(), null, ("MCPPROBE_API_KEY", Reference));
        var courier = new Courier(head, TimeProvider.System);

        await StoreOpeningTests.AssertBlockedAsync(head, courier, "secret not resolved yet");
        foreach (var key in new[] { Reference, "correct-horse-battery", "", null })
        {
            var put = await head.SendAsync(courier.Client, "PUT", "/api/endpoints/a", """{"url":"http://127.0.0.1:1/mcp"}""", key);
            Assert.Equal(503, put.Status);
        }

        var health = await head.SendAsync(courier.Client, "GET", "/api/health", key: null);
        Assert.Contains("MCPPROBE_API_KEY", health.Body, StringComparison.Ordinal);
        await head.InvokeAsync<ScheduleProbes>(schedule => schedule.RunAsync(new TimerInfo(), Cancellation));
        var through = await head.Store.ReadScheduledThroughAsync(["home"], Cancellation);
        Assert.All(through.Values, sent => Assert.True(sent > TimeProvider.System.GetUtcNow()));
    }

    [Theory]
    [InlineData("Store")]
    [InlineData("ProbeSchedule")]
    [InlineData("PublicUrl")]
    public async Task WhatNothingWorksWithout_NotResolved_TheHeadStartsAndWaits(string name)
    {
        await using var head = await Head.BeginAsync((await emulators.NewAccountAsync()).ConnectionString, null, null, _ => { }, (name, Reference));
        await Eventually.TrueAsync(() => head.Opening.Obstacle?.Reason == "secret not resolved yet", "the head says what it waits for");

        await StoreOpeningTests.AssertBlockedAsync(head, new Courier(head, TimeProvider.System), "secret not resolved yet");
        await head.InvokeAsync<ScheduleProbes>(schedule => schedule.RunAsync(new TimerInfo(), Cancellation));
    }

    [Fact]
    public void ConnectionString_NotResolved_NeedsNoAddressesInItsPlace()
    {
        var settings = new Dictionary<string, string?>(CompleteSettings.Complete) { ["Store"] = Reference };
        foreach (var name in settings.Keys.Where(name => name.StartsWith("Store__", StringComparison.Ordinal)).ToList())
            settings.Remove(name);

        var read = CompleteSettings.Read(settings);

        Assert.Null(read.Store);
        Assert.Equal(["Store"], read.Unresolved);
    }

    // Everything else works; its alerts wait and are not given up; health says it, without the channel's name, which is not for everybody.
    [Theory]
    [InlineData("url")]
    [InlineData("secret")]
    public async Task Channel_NotResolved_ItsAlertsWait(string part)
    {
        var received = new ConcurrentQueue<string>();
        await using var receiver = await StubServer.StartAsync(context =>
        {
            received.Enqueue(context.Request.Path);
            return Task.CompletedTask;
        });
        var settings = new Dictionary<string, string>
        {
            ["Channels__ops__type"] = "webhook",
            ["Channels__ops__url"] = receiver.Url,
            ["Channels__ops__secret"] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        };
        settings[$"Channels__ops__{part}"] = Reference;
        using var log = new KeptLog();
        var account = await emulators.NewAccountAsync();
        await using var head = await Head.StartAsync(
            account.ConnectionString, null, null, log.Use, [.. settings.Select(setting => (setting.Key, setting.Value))]);
        var courier = new Courier(head, TimeProvider.System);
        var transition = Alerts.Samples.Transition("ops");
        await head.Store.KeepAsync(transition, Cancellation);

        var delivery = await head.Services.GetRequiredService<DeliveryWorker>().DeliverAsync(transition, "ops", Cancellation);
        var page = await head.SendAsync(courier.Client, "GET", "/", key: null, accept: "text/html");
        var health = await head.SendAsync(courier.Client, "GET", "/api/health", key: null);

        Assert.Equal((DeliveryStatus.Pending, 0), (delivery.Status, delivery.Attempts));
        Assert.Contains("not resolved", delivery.LastError, StringComparison.Ordinal);
        Assert.InRange(delivery.NextAttemptAt!.Value - TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(6));
        Assert.Empty(received);
        Assert.Equal((200, 503), (page.Status, health.Status));
        Assert.Contains("of 1 setting.", JsonDocument.Parse(health.Body).RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Contains(log.Records, record => record.Text.Contains($"of Channels__ops__{part}:", StringComparison.Ordinal));
        Assert.DoesNotContain("ops", health.Body, StringComparison.Ordinal);
    }

    // A credential of an endpoint: the reference must not be sent to its server in the secret's place.
    [Fact]
    public async Task CredentialOfAnEndpoint_NotResolved_IsNotSent()
    {
        const string Name = "SECRET_OF_UNRESOLVED_SECRETS_TESTS";
        Environment.SetEnvironmentVariable(Name, Reference);
        var received = new ConcurrentQueue<string>();
        await using var server = await StubServer.StartAsync(context =>
        {
            received.Enqueue(context.Request.Headers.Authorization.ToString());
            return McpScript.Handshake("echo")(context);
        });
        await using var head = await Head.StartAsync(await emulators.NewAccountAsync());
        var courier = new Courier(head, TimeProvider.System);
        await head.SendAsync(courier.Client, "PUT", "/api/endpoints/a", $$"""{"url":"{{server.Url}}/mcp","bearer":"${env:{{Name}}}"}""");

        var check = await head.SendAsync(courier.Client, "POST", "/api/check", """{"id":"a"}""");

        Assert.Equal("config", JsonDocument.Parse(check.Body).RootElement.GetProperty("failure").GetProperty("kind").GetString());
        Assert.Empty(received);
    }
}
