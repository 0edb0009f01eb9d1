using McpProbe.Endpoints;
using McpProbe.Imports;
using McpProbe.Imports.Planning;

namespace McpProbe.Tests.Imports;

/// <summary>What becomes of what is listed, step by step, over what people and earlier imports decided.</summary>
public class PlannerTests
{
    private static readonly ImportPolicy Policy = new("reg");
    private static readonly ImportPolicy Active = Policy with { Activate = true, Contact = "ops@example.com" };

    private static Listing A(string? url = "https://a.example.com/mcp") => new("com.example/a") { Url = url, Status = ListingStatus.Active };

    private static Listing B => new("com.example/b") { Url = "https://b.example.com/mcp", Status = ListingStatus.Active };

    /// <summary>Each import starts with what the one before left, as people changed it.</summary>
    private sealed class Story
    {
        private List<Endpoint> _endpoints = [];

        public ImportPlan Plan { get; private set; } = null!;

        public Endpoint? A => _endpoints.Find(each => each.Id == "com.example.a");

        public Story Import(ImportPolicy policy, params Listing[] listings)
        {
            Plan = new ImportPlanner(policy, _endpoints).Plan(listings);
            var changed = Plan.Changed.ToDictionary(pair => pair.After.Id, pair => pair.After);
            _endpoints = [.. _endpoints.Select(each => changed.GetValueOrDefault(each.Id, each)), .. Plan.Added];
            return this;
        }

        public Story ByHand(Func<Endpoint, Endpoint> change)
        {
            _endpoints = [.. _endpoints.Select(each => each.Id == "com.example.a" ? change(each) : each)];
            return this;
        }

        public Story Is(bool paused, string? reason)
        {
            Assert.Equal((paused, reason), (A!.Paused, A.Imported!.Paused));
            return this;
        }
    }

    [Fact]
    public void Stranger_IsPausedUntilSomebodySaysSo() => new Story()
        .Import(Policy, A()).Is(true, "not activated")
        .Import(Active, A()).Is(false, null)
        .Import(Policy, A()).Is(false, null);

    [Fact]
    public void SwitchedOnByHand_StaysOn() => new Story()
        .Import(Policy, A()).ByHand(each => each with { Paused = false })
        .Import(Policy, A()).Is(false, null);

    [Fact]
    public void SwitchedOnInSpiteOfTheReason_StaysOnUntilThereIsAnother() => new Story()
        .Import(Policy, A() with { Needs = "needs the header X" }).Is(true, "needs the header X")
        .ByHand(each => each with { Paused = false })
        .Import(Policy, A() with { Needs = "needs the header X" }).Is(false, "needs the header X")
        .Import(Policy, A() with { Needs = "needs the header Y" }).Is(true, "needs the header Y")
        .Import(Policy, A()).Is(false, null);

    [Fact]
    public void SwitchedOffByHand_StaysOffWhateverTheRegistrySays() => new Story()
        .Import(Active, A()).ByHand(each => each with { Paused = true })
        .Import(Active, A()).Is(true, null)
        .Import(Active, A() with { Status = ListingStatus.Deleted }).Is(true, null)
        .Import(Active, A()).Is(true, null);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Gone_IsPausedAndAsItWasWhenItComesBack(bool watched)
    {
        var story = new Story().Import(watched ? Active : Policy, A(), B)
            .Import(Policy, B).Is(true, "not listed any more");
        Assert.Equal(["com.example.a"], story.Plan.Gone.Select(each => each.Id));

        story.Import(Policy, B);
        Assert.Empty(story.Plan.Gone);
        Assert.True(story.Plan.IsEmpty);

        story.Import(Policy, A(), B).Is(!watched, watched ? null : "not activated");
        Assert.Equal(["com.example.a"], story.Plan.Back.Select(each => each.Id));
    }

    [Theory]
    [InlineData(ListingStatus.Deleted, "deleted in the registry")]
    [InlineData(ListingStatus.Deprecated, "deprecated in the registry")]
    public void StatusOfTheRegistry_PausesWhatIsWatched(ListingStatus status, string reason)
    {
        var story = new Story().Import(Active, A(), B)
            .Import(Active, A() with { Status = status }, B).Is(true, reason);
        Assert.Equal(status, story.A!.Imported!.Status);
        Assert.Equal(1, story.Plan.Servers[status]);

        story.Import(Policy, A(), B).Is(false, null);
    }

    [Fact]
    public void DeletedFromTheStart_IsCountedAndNoEndpoint()
    {
        var story = new Story().Import(Active, A() with { Status = ListingStatus.Deleted }, B);

        Assert.Null(story.A);
        Assert.Equal(1, story.Plan.Servers[ListingStatus.Deleted]);
    }

    [Theory]
    [InlineData("a.example.com")]
    [InlineData("example.com")]
    [InlineData("*.example.com")]
    [InlineData("com.example/*")]
    [InlineData("COM.EXAMPLE/A")]
    [InlineData("*/a")]
    [InlineData("com.*ple/*")]
    [InlineData("https://a.example.com/")]
    public void Denied_IsNeverWatched(string entry)
    {
        var denied = Active with { Deny = new DenyList([entry]) };
        var story = new Story().Import(Active, A()).Import(denied, A()).Is(true, "on the deny-list");
        Assert.Single(story.Plan.Gone);
        Assert.Equal([("com.example/a", "on the deny-list")], new Story().Import(denied, A()).Plan.LeftOut);
        story.Import(Active, A()).Is(false, null);
    }

    [Theory]
    [InlineData("ample.com")]
    [InlineData("b.example.com")]
    [InlineData("com.example")]
    [InlineData("com.*/b")]
    [InlineData("com.example/a*a")]
    [InlineData("https://a.example.com/mcp/")]
    public void NotDenied_IsWatched(string entry) => new Story().Import(Active with { Deny = new DenyList([entry]) }, A()).Is(false, null);

    [Fact]
    public void WholeListGone_IsNotBelieved()
    {
        var story = new Story().Import(Active, A(), B);

        var failure = Assert.Throws<ImportFailedException>(() => story.Import(Active));
        Assert.Contains("none of the 2 servers", failure.Message, StringComparison.Ordinal);
        Assert.Throws<ImportFailedException>(() => story.Import(Active, new Listing("com.example/c") { Url = "https://c.example.com/mcp" }));
        story.Import(Active with { IsWhole = false });
        Assert.True(story.Plan.IsEmpty);

        story.Import(Active with { AllowEmpty = true });
        Assert.Equal(2, story.Plan.Gone.Count());
        // What is gone already is no reason.
        story.Import(Active).Import(Active, A()).Is(false, null);
    }

    [Fact]
    public void EndpointsOfOthers_AreNeverTouchedAndKeepTheirAddresses()
    {
        Endpoint mine = new() { Id = "com.example.a", Url = new Uri("https://mine.example.com/mcp") };
        Endpoint same = new() { Id = "same", Url = new Uri("https://b.example.com/mcp/"), Imported = new Imported("other", "x") };

        var plan = Recorded.Plan([A(), B], Active, mine, same);

        var added = Assert.Single(plan.Added);
        Assert.StartsWith("com.example.a-", added.Id, StringComparison.Ordinal);
        Assert.Empty(plan.Changed);
        Assert.Equal([("com.example/b", "its address is watched already, as 'same'")], plan.LeftOut);
        Assert.Equal(added.Id, Recorded.Plan([A(), B], Active, mine, same).Added.Single().Id);
    }

    [Fact]
    public void OneAddress_IsHeldByWhoHasItAndHasOneEndpoint()
    {
        var other = B with { Url = "https://A.example.com:443/mcp/" };
        var story = new Story().Import(Active, A(), other);
        Assert.Equal(["com.example.a"], story.Plan.Added.Select(each => each.Id));

        story.Import(Active, other, A()).Is(false, null);
        Assert.True(story.Plan.IsEmpty);

        story.Import(Active, A("https://moved.example.com/mcp"), other);
        Assert.Equal("https://moved.example.com/mcp", story.A!.Url!.OriginalString);
        Assert.Equal(["com.example.b"], story.Plan.Added.Select(each => each.Id));
    }

    [Fact]
    public void WhatPeopleAdd_Stays()
    {
        var story = new Story().Import(Active, A())
            .ByHand(each => each with { Interval = TimeSpan.FromHours(1), Channels = ["ops"], Bearer = "${env:MINE}", Group = "mine" })
            .Import(Active, A("https://moved.example.com/mcp") with { Title = "New name", Version = "2" });

        Assert.Equal(
            ("New name", "https://moved.example.com/mcp", TimeSpan.FromHours(1), "${env:MINE}", "mine", "2"),
            (story.A!.Name, story.A.Url!.OriginalString, story.A.Interval, story.A.Bearer, story.A.Group, story.A.Imported!.Version));
        Assert.Equal(["ops"], story.A.Channels);
    }

    [Fact]
    public void Strangers_AreVisitedPolitely()
    {
        var endpoint = Recorded.Plan([A()], Active).Added.Single();

        Assert.Equal(("mcpprobe/0.1.0 (+ops@example.com)", TimeSpan.FromMinutes(15)), (endpoint.Headers["User-Agent"], endpoint.Interval));
        Assert.False(endpoint.HasCredentials);
        Assert.Null(endpoint.Smoke);
        Assert.True(endpoint.IsStrangers);
        Assert.Equal(
            TimeSpan.FromHours(24),
            Recorded.Plan([A()], Active with { OwnsAll = true, Seldom = new HashSet<string> { "com.example.a" } }, endpoint).Changed.Single().After.Interval);
        // Whom to ask is told from then on by those that were there before, too.
        var unnamed = Recorded.Plan([A()], Policy).Added.Single();
        Assert.Equal("mcpprobe/0.1.0 (+ops@example.com)", Recorded.Plan([A()], Active, unnamed).Changed.Single().After.Headers["User-Agent"]);
        // Our own servers are as any other.
        var own = Recorded.Plan([A("http://127.0.0.1:3001/mcp")], new ImportPolicy("cursor") { Strangers = false, ProbeEvery = TimeSpan.FromMinutes(1) }).Added.Single();
        Assert.Equal((false, false, 0), (own.Paused, own.IsStrangers, own.Headers.Count));
    }

    [Fact]
    public void ForeignText_IsCleanedAndShortened()
    {
        var endpoint = Recorded.Plan([new Listing("com.example/a\u001b[2J") { Title = new string('x', 500) + "\n", Version = "1\u202e0", Url = "https://a.example.com/mcp" }]).Added.Single();

        Assert.Equal((101, "com.example/a[2J", "10"), (endpoint.Name!.Length, endpoint.Imported!.Name, endpoint.Imported.Version));
        Assert.Matches("^com\\.example\\.a--2j-[0-9a-f]{8}$", endpoint.Id);
    }

    [Theory]
    [InlineData("com.example/weather", null, "com.example.weather")]
    [InlineData("io.github.Ann/weather", null, "io.github.ann.weather-")]
    [InlineData("io.github.ann/wea_ther", null, "io.github.ann.wea-ther-")]
    [InlineData("com.example/weather", "https://x", "com.example.weather-")]
    [InlineData("天気", null, "server-")]
    [InlineData("a/very-long-name-that-goes-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on", null, "a.very-long-name-that-goes-on-and-on-and-on-and-on-and-")]
    public void Id_IsMadeOfTheNameAlone(string name, string? address, string expected)
    {
        var id = EndpointIds.Of(name, address);

        Assert.Equal(id, EndpointIds.Of(name, address));
        Assert.True(expected.EndsWith('-') ? id.StartsWith(expected, StringComparison.Ordinal) && id.Length == expected.Length + 8 : id == expected, id);
        Assert.InRange(id.Length, 1, 63);
    }
}
