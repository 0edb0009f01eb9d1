using CsCheck;
using McpProbe.Configuration;
using McpProbe.Endpoints;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Storage;

namespace McpProbe.Functions.Tests.Scheduling;

public class ProbeBatchTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    private static readonly Gen<Endpoint> Endpoints =
        from id in Gen.Int[0, 99_999]
        from seconds in Gen.Int[1, 120]
        from header in Gen.String[Gen.Char["aé€\"\\<"], 0, 900]
        select Endpoint($"ep-{id:D5}", TimeSpan.FromSeconds(seconds), header);

    private static readonly Gen<Endpoint[]> Fleets = Endpoints.Array[0, 300].Select(all => all.DistinctBy(each => each.Id).ToArray());

    private static Endpoint Endpoint(string id, TimeSpan? interval = null, string header = "") => new()
    {
        Id = id,
        Url = new Uri("https://mcp.example.com/mcp"),
        Interval = interval ?? TimeSpan.FromSeconds(60),
        Timeout = TimeSpan.FromSeconds(1),
        Headers = header.Length == 0 ? new Dictionary<string, string>() : new Dictionary<string, string> { ["X-Note"] = header },
    };

    private static List<ScheduledProbe> Due(IEnumerable<Endpoint> fleet) =>
        [.. fleet.SelectMany(endpoint => DueProbes.Of(endpoint, new ScheduleWindow(Now, Now.AddSeconds(65))))];

    [Fact]
    public void Pack_AnyFleet_SendsEveryProbeOnceWithinTheLimits() => Gen.Select(Fleets, Gen.Int[1, 60]).Sample((fleet, perMessage) =>
    {
        var due = Due(fleet);

        var (batches, tooLarge) = ProbeBatch.Pack(due, "home", perMessage);

        Assert.Empty(tooLarge);
        var sent = batches.Select(batch => (Batch: batch, Message: ProbeMessage.Read(batch.Body))).ToList();
        Assert.Equal(
            due.Select(probe => (probe.Endpoint.Id, probe.Slot)).Order(),
            sent.SelectMany(each => each.Message.Probes).Select(probe => (probe.Endpoint.Id, probe.Slot)).Order());
        Assert.All(sent, each =>
        {
            var (batch, message) = each;
            Assert.InRange(batch.Body.Length, 1, ProbeBatch.MostBytes);
            Assert.InRange(Convert.ToBase64String(batch.Body.Span).Length, 1, 64 << 10);
            Assert.InRange(message.Probes.Count, 1, perMessage);
            Assert.Equal(batch.Probes, message.Probes.Count);
            var (first, last) = (message.Probes.Min(probe => probe.Slot), message.Probes.Max(probe => probe.Slot));
            Assert.True(last - first < ProbeBatch.Span);
            Assert.InRange(batch.VisibleAt, first, last);
            // Nobody's slot becomes a gap for the sake of its neighbours.
            Assert.All(message.Probes, probe => Assert.True(batch.VisibleAt - probe.Slot <= probe.Endpoint!.Interval / 2));
            Assert.Equal(message.Probes.Select(probe => probe.Endpoint.Id).Order(StringComparer.Ordinal), message.Probes.Select(probe => probe.Endpoint.Id));
        });
    }, iter: 60);

    [Fact]
    public void Pack_Definitions_ArriveAsTheyWere() => Fleets.Sample(fleet =>
    {
        var (batches, _) = ProbeBatch.Pack(Due(fleet), "home", 50);

        var arrived = batches.SelectMany(batch => ProbeMessage.Read(batch.Body).Probes).ToList();
        Assert.All(arrived, probe => Assert.Null(probe.Unprobed));
        var definitions = fleet.ToDictionary(endpoint => endpoint.Id, EndpointJson.ToJson);
        Assert.All(arrived, probe => Assert.Equal(definitions[probe.Endpoint.Id], EndpointJson.ToJson(probe.Endpoint)));
    }, iter: 20);

    [Fact]
    public void Pack_DefinitionLargerThanAMessage_IsNamedAndSentWithoutIt()
    {
        var fleet = new[] { Endpoint("a"), Endpoint("b", header: new string('x', ProbeBatch.MostBytes)), Endpoint("c") };
        var due = fleet.Select(endpoint => new ScheduledProbe(endpoint, Now)).ToList();

        var (batches, tooLarge) = ProbeBatch.Pack(due, "home", 50);

        Assert.Equal("b", Assert.Single(tooLarge));
        var sent = batches.SelectMany(batch => ProbeMessage.Read(batch.Body).Probes).ToList();
        Assert.Equal(["a", "b", "c"], sent.Select(probe => probe.Endpoint.Id));
        // Its slots travel without it, and say why.
        Assert.Equal([true, false, true], sent.Select(probe => probe.Unprobed is null));
        Assert.Contains("larger than a queue message", sent[1].Unprobed!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"location":"home","probes":[{}]}""")]
    [InlineData("""{"location":"home","probes":[{"slot":"yesterday","endpoint":{"id":"a"}}]}""")]
    [InlineData("""{"location":1,"probes":[]}""")]
    public void Read_NoProbeMessage_SaysSo(string body) =>
        Assert.ThrowsAny<System.Text.Json.JsonException>(() => ProbeMessage.Read(System.Text.Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void Read_DefinitionThatIsNotValidAnyMore_IsThatProbesAlone()
    {
        var body = """
            {"location":"home","probes":[
              {"slot":"2026-11-22T10:00:00Z","endpoint":{"id":"old","url":"https://a.example/mcp","colour":"red"}},
              {"slot":"2026-11-22T10:00:01Z","endpoint":{"id":"new","url":"https://b.example/mcp"}}]}
            """u8;

        var message = ProbeMessage.Read(body.ToArray());

        Assert.Equal("home", message.Location);
        Assert.Equal(["old", "new"], message.Probes.Select(probe => probe.Endpoint.Id));
        Assert.False(message.Probes[0].Endpoint.HasTarget);
        Assert.Contains("colour", message.Probes[0].Unprobed!.Message, StringComparison.Ordinal);
        Assert.True(message.Probes[1].Endpoint.HasTarget);
    }
}
