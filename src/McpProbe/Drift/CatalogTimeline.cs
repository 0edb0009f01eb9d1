using McpProbe.Model;

namespace McpProbe.Drift;

/// <summary>Which catalogue an endpoint had when, as far as its drift records reach.</summary>
public sealed class CatalogTimeline
{
    /// <param name="records">Newest first.</param>
    public CatalogTimeline(EndpointState state, IReadOnlyList<DriftRecord> records)
    {
        var points = new List<CatalogPoint>(records.Select(record =>
            new CatalogPoint(record.At, new CatalogVersion(record.ProtocolVersion, record.AfterHash))));
        if (records is [.., var oldest])
            points.Add(new(Since: null, new CatalogVersion(oldest.BeforeProtocolVersion ?? oldest.ProtocolVersion, oldest.BeforeHash)));
        else if (state.Baseline is { } baseline)
            points.Add(new(Since: null, new CatalogVersion(baseline.ProtocolVersion, baseline.Reference.Hash)));
        Points = points;
    }

    /// <summary>Newest first; empty before the first catalogue.</summary>
    public IReadOnlyList<CatalogPoint> Points { get; }

    /// <summary>The catalogue of a moment; the oldest known one for moments before it. Null when there is none.</summary>
    public CatalogVersion? At(DateTimeOffset instant) => (Points.FirstOrDefault(point => point.Since is null || point.Since <= instant))?.Catalog;

    /// <summary>A catalogue by its hash; null when the endpoint did not have it.</summary>
    public CatalogVersion? Find(string hash) => Points.FirstOrDefault(point => point.Catalog.Hash == hash)?.Catalog;
}

/// <param name="Since">Null for the oldest one known.</param>
public sealed record CatalogPoint(DateTimeOffset? Since, CatalogVersion Catalog);
