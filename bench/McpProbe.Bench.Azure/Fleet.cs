using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using McpProbe.Configuration;
using McpProbe.Endpoints;
using McpProbe.Functions.Storage;

namespace McpProbe.Bench.Azure;

/// <summary>Endpoints of one interval, some of which take their whole timeout.</summary>
/// <param name="DeadPercent">Of a hundred endpoints, evenly spread: down for long, and their outage told.</param>
internal sealed record Fleet(int Endpoints, int DeadPercent, TimeSpan Interval)
{
    public TimeSpan Timeout { get; } = new Endpoint { Id = "a" }.Timeout;

    public double ProbesAMonth => Endpoints * (Prices.Month / Interval);

    /// <summary>A hundred numbers in a row hold as many dead ones as the percentage says.</summary>
    public bool IsDead(int number) => number * 37 % 100 < DeadPercent;

    public static string IdOf(int number) => $"team-{number % 17}-server-{number}";

    public static int NumberOf(string id) => int.Parse(id.AsSpan(id.LastIndexOf('-') + 1), CultureInfo.InvariantCulture);

    /// <summary>Definitions and, of those that are silent, the states that say so.</summary>
    public void LoadInto(MemoryAccount account, int shards, string location)
    {
        var all = Enumerable.Range(0, Endpoints).Select(number => (Number: number, Endpoint: new Endpoint
        {
            Id = IdOf(number),
            Name = $"Server {number} of a team",
            Group = $"team-{number % 17}",
            Url = new Uri($"https://mcp-{number}.example.com/api/mcp"),
            Interval = Interval,
            Headers = new Dictionary<string, string> { ["Authorization"] = $"Bearer ${{env:TOKEN_{number % 17}}}" },
            Channels = ["ops"],
        }));
        foreach (var shard in all.GroupBy(each => Keys.ShardOf(each.Endpoint.Id, shards)))
        {
            var partition = Keys.Shard(shard.Key);
            account.Load(Keys.Endpoints, partition, shard
                .Select(each => Row(partition, each.Endpoint.Id, ("Source", "api"), ("Definition@odata.type", "Edm.Binary"),
                    ("Definition", Convert.ToBase64String(Encoding.UTF8.GetBytes(EndpointJson.ToJson(each.Endpoint))))))
                .Append(Row(partition, Keys.ShardVersion, ("Version@odata.type", "Edm.Guid"), ("Version", $"{Guid.Empty}"))));
            account.Load(Keys.State, partition, shard.Where(each => IsDead(each.Number)).Select(each =>
            {
                var row = Row(partition, Keys.LocationState(each.Endpoint.Id, location), ("Location", location));
                row["Silent"] = true;
                return row;
            }));
        }
    }

    private static JsonObject Row(string partition, string row, params (string Name, string Value)[] properties)
    {
        var json = new JsonObject { ["PartitionKey"] = partition, ["RowKey"] = row };
        foreach (var (name, value) in properties)
            json[name] = value;
        return json;
    }
}
