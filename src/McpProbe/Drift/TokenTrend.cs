using McpProbe.Model;

namespace McpProbe.Drift;

/// <summary>
/// What a model reads of an endpoint's catalogue over time: one step for each change, as far as the drift records reach. Between two
/// changes the catalogue is the same, so nothing is measured for it.
/// </summary>
public static class TokenTrend
{
    /// <param name="records">Newest first.</param>
    /// <param name="now">Of the newest result that has a catalogue; null for none.</param>
    /// <returns>Newest first; empty where nothing is known.</returns>
    public static IReadOnlyList<TokenPoint> Of(IReadOnlyList<DriftRecord> records, CatalogSummary? now)
    {
        var points = records.Select(record => new TokenPoint(record.At, record.AfterHash, record.Tokens?.After)).ToList();
        if (records is [.., var oldest])
            points.Add(new TokenPoint(Since: null, oldest.BeforeHash, oldest.Tokens?.Before));
        else if (now is not null)
            points.Add(new TokenPoint(Since: null, now.Hash, now.Tokens));
        // Records of older versions do not say it.
        if (points is [{ Tokens: null } newest, ..] && now?.Hash == newest.Hash)
            points[0] = newest with { Tokens = now.Tokens };
        return points;
    }
}

/// <summary>One catalogue of an endpoint.</summary>
/// <param name="Since">Null for the oldest one known.</param>
/// <param name="Tokens">Null where they were not counted.</param>
public sealed record TokenPoint(DateTimeOffset? Since, string Hash, long? Tokens);
