using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Drift.Specification;
using McpProbe.Model;
using McpProbe.Probing.Run;

namespace McpProbe.Probing.Protocol;

/// <summary>What every result of the stateless era says beside its content (specification 2026-07-28, Responses, Caching).</summary>
/// <param name="Fault">What is wrong with the hints for caches, as the end of a sentence; null when nothing is.</param>
/// <param name="TtlMs">Null when there is none that counts.</param>
internal readonly record struct ResultHints(bool HasResultType, CacheScope Scope, long? TtlMs, string? Fault)
{
    /// <summary>A longer promise is taken for this one: ten years.</summary>
    private const double LongestTtl = 3650.0 * 24 * 3600 * 1000;

    /// <summary>What can be counted on; null when a part of it is missing or wrong.</summary>
    public CacheHints? Kept => (TtlMs, Scope) switch
    {
        ({ } ttl, CacheScope.Public) => new CacheHints(ttl, "public"),
        ({ } ttl, CacheScope.Private) => new CacheHints(ttl, "private"),
        _ => null,
    };

    /// <param name="result">Valid JSON.</param>
    public static ResultHints Read(ReadOnlySpan<byte> result, int maxDepth)
    {
        var (hasType, isComplete, scope) = (false, true, CacheScope.Missing);
        var ttl = "ttlMs is missing";
        long? kept = null;
        var reader = new Utf8JsonReader(result, new JsonReaderOptions { MaxDepth = maxDepth });
        reader.Read();
        if (reader.TokenType is not JsonTokenType.StartObject)
            return default;
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            if (JsonText.NameIs(reader, "resultType"u8))
            {
                reader.Read();
                hasType = reader.TokenType is JsonTokenType.String;
                isComplete = !hasType || reader.ValueTextEquals("complete"u8);
                reader.Skip();
            }
            else if (JsonText.NameIs(reader, "ttlMs"u8))
            {
                reader.Read();
                ttl = reader.TokenType is not JsonTokenType.Number ? "ttlMs is no number"
                    : !reader.TryGetDouble(out var milliseconds) || milliseconds < 0 ? "ttlMs is negative"
                    : milliseconds % 1 != 0 ? "ttlMs is no integer"
                    : null;
                kept = ttl is null ? (long)Math.Min(reader.GetDouble(), LongestTtl) : null;
                reader.Skip();
            }
            else if (JsonText.NameIs(reader, "cacheScope"u8))
            {
                reader.Read();
                scope = reader.TokenType is not JsonTokenType.String ? CacheScope.Wrong
                    : reader.ValueTextEquals("public"u8) ? CacheScope.Public
                    : reader.ValueTextEquals("private"u8) ? CacheScope.Private
                    : CacheScope.Wrong;
                reader.Skip();
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        // What asks for input is not for any cache.
        return new ResultHints(hasType, scope, isComplete ? kept : null, !isComplete ? null : ttl ?? scope switch
        {
            CacheScope.Missing => "cacheScope is missing",
            CacheScope.Wrong => "cacheScope is neither public nor private",
            _ => null,
        });
    }

    /// <summary>Notes what is wrong with them.</summary>
    public void Judge(string method, ProbeRun run)
    {
        if (!HasResultType)
            run.Break(SpecRules.ResultType, method, $" of {method}. Clients take it for one of an older server.");
        if (Fault is not null)
            run.Break(SpecRules.CacheHints, method, $" of {method}: {Fault}. Clients ask again each time, or keep what they should not.");
    }
}

internal enum CacheScope
{
    Missing,
    Wrong,
    Public,
    Private,
}
