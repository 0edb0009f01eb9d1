using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Web;
using System.Xml.Linq;
using Azure.Core.Pipeline;
using McpProbe.Functions.Storage;

namespace McpProbe.Bench.Azure;

/// <summary>
/// A storage account in memory, on a fake clock: as much of tables and queues as the scheduler asks for, through the real clients, so
/// that it is the head's own code that is simulated and its own requests that are counted.
/// </summary>
internal sealed class MemoryAccount(TimeProvider time) : HttpMessageHandler
{
    private const int PageSize = 1000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, SortedList<string, JsonObject>> _partitions = [];
    private int _version;

    /// <summary>What the queues took, in the order of sending.</summary>
    public List<SentMessage> Sent { get; } = [];

    public int TableRequests { get; private set; }

    public StoreClients Connect() => StoreClients.WithConnectionString(
        "DefaultEndpointsProtocol=http;AccountName=memory;AccountKey=AAAA;TableEndpoint=http://tables.invalid/;QueueEndpoint=http://queues.invalid/;BlobEndpoint=http://blobs.invalid/;",
        options => options.Transport = new HttpClientTransport(new HttpClient(this)));

    /// <summary>Puts rows there before anything runs: they come in the order of their keys.</summary>
    public void Load(string table, string partition, IEnumerable<JsonObject> rows)
    {
        var loaded = Partition(table, partition);
        foreach (var row in rows)
            loaded[(string)row["RowKey"]!] = Stamped(row);
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        lock (_lock)
        {
            if (request.RequestUri!.Host.StartsWith("queues", StringComparison.Ordinal))
                return Enqueue(request.RequestUri, body);
            TableRequests++;
            return Answer(request, Uri.UnescapeDataString(request.RequestUri.AbsolutePath.TrimStart('/')), body);
        }
    }

    private HttpResponseMessage Enqueue(Uri address, string body)
    {
        var query = HttpUtility.ParseQueryString(address.Query);
        var visibleAt = time.GetUtcNow().AddSeconds(int.Parse(query["visibilitytimeout"] ?? "0", System.Globalization.CultureInfo.InvariantCulture));
        Sent.Add(SentMessage.Read(visibleAt, XDocument.Parse(body).Root!.Element("MessageText")!.Value));
        const string Now = "Sun, 22 Nov 2026 10:00:00 GMT";
        return new HttpResponseMessage(HttpStatusCode.Created)
        {
            Content = new StringContent(
                $"<QueueMessagesList><QueueMessage><MessageId>m</MessageId><InsertionTime>{Now}</InsertionTime><ExpirationTime>{Now}</ExpirationTime><PopReceipt>p</PopReceipt><TimeNextVisible>{Now}</TimeNextVisible></QueueMessage></QueueMessagesList>",
                Encoding.UTF8, "application/xml"),
        };
    }

    private HttpResponseMessage Answer(HttpRequestMessage request, string path, string body)
    {
        var at = path.IndexOf('(', StringComparison.Ordinal);
        var table = at < 0 ? path : path[..at];
        if (at >= 0 && path.EndsWith("()", StringComparison.Ordinal))
            return List(table, HttpUtility.ParseQueryString(request.RequestUri!.Query));

        var row = body.Length == 0 ? null : JsonNode.Parse(body)!.AsObject();
        // (PartitionKey='a',RowKey='b')
        var keys = at < 0 ? [(string)row!["PartitionKey"]!, (string)row["RowKey"]!] : path[(at + 1)..^1].Split("',").Select(part => part[(part.IndexOf('\'', StringComparison.Ordinal) + 1)..].TrimEnd('\'')).ToArray();
        var partition = Partition(table, keys[0]);
        var stands = partition.GetValueOrDefault(keys[1]);
        if (request.Method == HttpMethod.Get)
            return stands is null ? Refuse(HttpStatusCode.NotFound, "ResourceNotFound") : Json(stands.ToJsonString());
        if (request.Method == HttpMethod.Post && stands is not null)
            return Refuse(HttpStatusCode.Conflict, "EntityAlreadyExists");
        if (request.Headers.IfMatch.FirstOrDefault() is { Tag: not "*" } expected && expected.ToString() != (string?)stands?["odata.etag"])
            return Refuse(HttpStatusCode.PreconditionFailed, "UpdateConditionNotSatisfied");
        row!["PartitionKey"] = keys[0];
        row["RowKey"] = keys[1];
        partition[keys[1]] = Stamped(row);
        var done = new HttpResponseMessage(HttpStatusCode.NoContent) { Content = new ByteArrayContent([]) };
        done.Headers.TryAddWithoutValidation("ETag", (string)row["odata.etag"]!);
        return done;
    }

    /// <summary>Of one partition, as the head asks: <c>PartitionKey eq 'a' and Name op literal and …</c></summary>
    private HttpResponseMessage List(string table, System.Collections.Specialized.NameValueCollection query)
    {
        var terms = query["$filter"]!.Split(" and ").Select(term => term.Trim('(', ')').Split(' ', 3)).ToList();
        var rows = Partition(table, terms[0][2].Trim('\''));
        var from = query["NextRowKey"] is { } next ? rows.IndexOfKey(next) : 0;
        var page = new StringBuilder("{\"value\":[");
        var (count, at) = (0, from);
        for (; at < rows.Count && count < PageSize; at++)
        {
            var row = rows.GetValueAtIndex(at);
            if (!terms.Skip(1).All(term => Holds(row, term)))
                continue;
            page.Append(count++ == 0 ? "" : ",").Append(row.ToJsonString());
        }

        var answer = Json(page.Append("]}").ToString());
        if (at < rows.Count)
        {
            answer.Headers.Add("x-ms-continuation-NextPartitionKey", terms[0][2].Trim('\''));
            answer.Headers.Add("x-ms-continuation-NextRowKey", rows.GetKeyAtIndex(at));
        }

        return answer;
    }

    private static bool Holds(JsonObject row, string[] term) => (row[term[0]], term[1]) switch
    {
        (null, _) => false,
        (var value, "eq") => value.ToJsonString().Trim('"') == term[2].Trim('\''),
        (var value, "lt") => string.CompareOrdinal((string)value!, term[2].Trim('\'')) < 0,
        var (_, other) => throw new NotSupportedException($"This account in memory does not know '{other}' in a filter."),
    };

    private SortedList<string, JsonObject> Partition(string table, string partition)
    {
        var key = $"{table}/{partition}";
        if (!_partitions.TryGetValue(key, out var rows))
            _partitions[key] = rows = new SortedList<string, JsonObject>(StringComparer.Ordinal);
        return rows;
    }

    private JsonObject Stamped(JsonObject row)
    {
        row["odata.etag"] = $"W/\"{++_version}\"";
        return row;
    }

    private static HttpResponseMessage Json(string text) =>
        new(HttpStatusCode.OK) { Content = new StringContent(text, Encoding.UTF8, "application/json") };

    private static HttpResponseMessage Refuse(HttpStatusCode status, string code)
    {
        var refusal = new HttpResponseMessage(status)
        {
            Content = new StringContent(
                """{"odata.error":{"code":"CODE","message":{"lang":"en-US","value":"CODE"}}}""".Replace("CODE", code, StringComparison.Ordinal),
                Encoding.UTF8, "application/json"),
        };
        refusal.Headers.Add("x-ms-error-code", code);
        return refusal;
    }
}
