using System.Text.Json;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;

namespace McpProbe.Web.Tests;

/// <summary>What the canary's sessions look like to who runs the server, and that nobody else sees them or can take one over.</summary>
public sealed class SessionTests
{
    private static readonly WebOptions Keyed = new() { ApiKey = WebHead.Key };
    private static readonly (string, string) WithKey = ("X-Api-Key", WebHead.Key);

    internal static readonly SessionHistory History = new()
    {
        Held = new Dictionary<string, HeldSession>
        {
            ["local"] = new(Samples.Now.AddMinutes(-30), "2025-11-25") { Id = "secret-session-id", LastEventId = "secret-event", Host = new SessionHost("1.2", "sha256:abc", "10.0.0.7", null), Resumed = false, NotResumed = "HTTP 400" },
        },
        Ended =
        [
            new(Samples.Now.AddHours(-5), Samples.Now.AddHours(-4), SessionEnd.Proper, SessionCause.Deployment, "HTTP 404; changed about then: version", "local"),
            new(Samples.Now.AddHours(-4), Samples.Now.AddHours(-2), SessionEnd.WrongError, SessionCause.Idle, "HTTP 400", "local"),
            new(Samples.Now.AddHours(-2), Samples.Now.AddMinutes(-30), SessionEnd.Hang, SessionCause.Outage, "no answer in time", "local"),
        ],
        Cut = 2,
    };

    [Fact]
    public async Task Page_ShowsTheTimeline_ToWhoHasTheKey()
    {
        await using var head = await WebHead.StartAsync(Keyed, Store(History));

        var section = (await head.PageAsync("/endpoints/a", WithKey)).QuerySelector("section[aria-labelledby=sessions]")!;
        Assert.Contains("2 of 4 sessions (50.00 %) go on or ended as they should; 2 were cut. Half of those that ended lived 1 h 30 min or longer.", section.TextContent, StringComparison.Ordinal);
        Assert.Equal(["goes on", "hangs", "wrong error", "ended properly"], section.QuerySelectorAll(".tag").Select(each => each.TextContent));
        Assert.Contains("does not resume a stream by Last-Event-ID (HTTP 400)", section.TextContent, StringComparison.Ordinal);
        Assert.Null((await head.PageAsync("/endpoints/a")).QuerySelector("section[aria-labelledby=sessions]"));
    }

    [Fact]
    public async Task Page_WithoutSessions_SaysWhy()
    {
        await using var head = await WebHead.StartAsync(Keyed, Store(SessionHistory.Empty with { Without = "The server gives no session id." }));

        Assert.Contains("The server gives no session id.", (await head.PageAsync("/endpoints/a", WithKey)).QuerySelector("section[aria-labelledby=sessions]")!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Api_GivesTheSessions()
    {
        await using var head = await WebHead.StartAsync(Keyed, Store(History));

        var text = await TextAsync(head, "/api/endpoints/a/sessions", WithKey);
        Assert.Empty(await PublishedSchemas.MistakesAsync("sessions", text));
        var document = JsonDocument.Parse(text).RootElement;
        Assert.Equal((true, 4, 2, 2, 0.5, 5400.0), (
            document.GetProperty("canary").GetBoolean(), document.GetProperty("sessions").GetInt32(), document.GetProperty("cut").GetInt32(),
            document.GetProperty("cutInARow").GetInt32(), document.GetProperty("survivalRate").GetDouble(), document.GetProperty("medianLifeSeconds").GetDouble()));
        Assert.Equal("hang", document.GetProperty("ended")[0].GetProperty("end").GetString());
    }

    /// <summary>Who has the id of a session can speak in it.</summary>
    [Theory]
    [InlineData("/api/endpoints/a/sessions")]
    [InlineData("/api/endpoints/a")]
    [InlineData("/api/endpoints")]
    [InlineData("/api/status")]
    [InlineData("/endpoints/a")]
    public async Task Id_OfASession_IsShownNowhere(string path)
    {
        await using var head = await WebHead.StartAsync(Keyed, Store(History));

        Assert.DoesNotContain("secret-", await TextAsync(head, path, WithKey), StringComparison.Ordinal);
    }

    [Fact]
    public async Task State_OfACanary_IsAsItsSchemaSays()
    {
        await using var head = await WebHead.StartAsync(Keyed, Store(History));

        Assert.Empty(await PublishedSchemas.MistakesAsync("endpoint", await TextAsync(head, "/api/endpoints/a", WithKey)));
    }

    private static async Task<string> TextAsync(WebHead head, string path, params (string, string)[] headers)
    {
        using var answer = await head.GetAsync(path, headers);
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private static SampleStore Store(SessionHistory sessions)
    {
        var store = new SampleStore();
        store.Add(
            new RegisteredEndpoint(Samples.Endpoint("a") with { Canary = true, Visibility = Endpoints.Visibility.Public }, EndpointSource.Api),
            Samples.State(Verdict.Healthy, TimeSpan.FromHours(1), []) with { Sessions = sessions },
            Samples.Minutes(1, (_, at) => Samples.Healthy("a", at)));
        return store;
    }
}
