using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Model;
using McpProbe.Probing.Deep;
using McpProbe.Probing.Net;
using McpProbe.Probing.Run;

namespace McpProbe.Probing.Cards;

/// <summary>
/// Reads the server cards that an endpoint's own origin publishes, as anybody can, and compares each that is about the endpoint with the
/// running server: at the place that is reserved for its card, at those of the drafts and of the registry, and where the host's AI
/// catalogue says. No other origin is asked, no redirect is followed, and nothing of the endpoint's credentials is sent.
/// </summary>
internal static class CardCheck
{
    public static readonly DeepCheck Instance = new("the server card", LookAsync);

    private const string CardType = "application/mcp-server-card+json";
    private const string Catalog = "/.well-known/ai-catalog.json";

    /// <summary>Of a catalogue, which may list the cards of many servers.</summary>
    private const int MostEntries = 5;

    private const int MostFindings = 10;

    /// <summary>A server that takes any GET for a stream opens one, and says nothing on it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private static async Task<IReadOnlyList<Finding>> LookAsync(DeepVisit visit, CancellationToken cancellationToken)
    {
        var url = visit.Run.Url;
        var reserved = url.AbsolutePath.TrimEnd('/') + "/server-card";
        var findings = new List<Finding>();
        var read = new HashSet<string> { Catalog };
        foreach (var place in (string[])[reserved, "/.well-known/mcp/server-card.json", "/server.json"])
        {
            if (read.Add(place))
                (await ReadAsync(visit, place, cancellationToken))?.AddTo(findings, place, Judge(place, place == reserved));
        }

        var listed = await ReadAsync(visit, Catalog, cancellationToken);
        if (listed?.Fault is { } fault)
            findings.Add(CardJudge.Unreadable(Catalog, fault));
        using (var catalog = listed?.Json)
        {
            if (catalog is not null)
                await FollowAsync(catalog.RootElement);
        }

        // A card can echo what the endpoint's address holds.
        return
        [
            .. findings.DistinctBy(finding => (finding.Rule, finding.Path)).Take(MostFindings)
                .Select(finding => finding with { Path = visit.Run.Foreign(finding.Path), Message = visit.Run.Redact(finding.Message) }),
        ];

        Func<JsonElement, IEnumerable<Finding>?> Judge(string place, bool isReserved) => json => ServerCard.Read(json) is { } card
            ? CardJudge.Judge(card, visit.Endpoint, visit.Result, url, place, isReserved)
            : null;

        async Task FollowAsync(JsonElement root)
        {
            var elsewhere = new List<Uri>();
            foreach (var entry in root.Items("entries").Where(entry => (entry.Text("type") ?? entry.Text("mediaType")) == CardType).Take(MostEntries))
            {
                if (entry.Object("data") is { } inline)
                    findings.AddRange(Judge(Catalog, isReserved: false)(inline) ?? []);
                else if (entry.Text("url") is not { } named || !Uri.TryCreate(new Uri(url, Catalog), named, out var card))
                    continue;
                else if (!Origin.AreSame(card, url))
                    elsewhere.Add(card);
                else if (read.Add(card.PathAndQuery) && await ReadAsync(visit, card.PathAndQuery, cancellationToken) is { } answer)
                {
                    if (answer.Status is 404 or 410)
                        findings.Add(CardJudge.Missing(Catalog, card.AbsolutePath, answer.Status));
                    else
                        answer.AddTo(findings, card.AbsolutePath, Judge(card.AbsolutePath, isReserved: false));
                }
            }

            if (elsewhere.Count > 0)
                findings.Add(CardJudge.Elsewhere(Catalog, elsewhere));
        }
    }

    /// <summary>What a place answers; null where it answers nothing in time. A server that breaks the connection is asked no more.</summary>
    private static async Task<Answer?> ReadAsync(DeepVisit visit, string place, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, visit.Run.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(visit.Run.Url, place));
        request.Headers.TryAddWithoutValidation("Accept", $"{CardType}, application/json");
        try
        {
            var answer = await visit.SendAsync(request, either.Token, withCredentials: false);
            if (answer.Status != 200 || answer.MediaType is not { } type || !(type == "application/json" || type.EndsWith("+json", StringComparison.Ordinal)))
                return new Answer(answer.Status, null, null);
            try
            {
                return new Answer(200, JsonDocument.Parse(answer.Body, JsonRead.Strict), null);
            }
            catch (JsonException)
            {
                return new Answer(200, null, "is not JSON, or only half of it");
            }
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (ProbeFailedException failed) when (failed.Failure.Kind is FailureKind.TooLarge)
        {
            return null;
        }
    }

    private sealed record Answer(int Status, JsonDocument? Json, string? Fault)
    {
        /// <param name="judge">Null for what is no card.</param>
        public void AddTo(List<Finding> findings, string place, Func<JsonElement, IEnumerable<Finding>?> judge)
        {
            if (Fault is not null)
                findings.Add(CardJudge.Unreadable(place, Fault));
            if (Json is null)
                return;
            using (Json)
                findings.AddRange(judge(Json.RootElement) ?? []);
        }
    }
}
