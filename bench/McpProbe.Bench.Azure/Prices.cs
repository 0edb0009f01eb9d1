namespace McpProbe.Bench.Azure;

/// <summary>List prices in US dollars, without tax, as of 2026 in an American region; LRS, hot.</summary>
internal static class Prices
{
    public const double GigabyteSecond = 0.000026;
    public const double AlwaysReadyGigabyteSecond = 0.000004;
    public const double Execution = 0.40 / 1e6;
    public const double QueueRequest = 0.004 / 1e4;
    public const double BlobRequest = 0.004 / 1e4;
    public const double TableRequest = 0.00036 / 1e4;
    public const double TableGigabyteMonth = 0.045;
    public const double LogGigabyte = 2.30;

    /// <summary>A log alert that looks every 15 minutes.</summary>
    public const double LogAlert = 0.50;

    /// <summary>Free each month, for on-demand instances.</summary>
    public const double FreeGigabyteSeconds = 100_000;
    public const double FreeExecutions = 250_000;

    public static readonly TimeSpan Month = TimeSpan.FromDays(30.4);
}
