namespace McpProbe.Bench.Azure;

/// <summary>
/// What the Flex Consumption plan meters of one instance: the union of its functions' activity, each stretch at least a second and
/// rounded up to tenths, and no instant twice (the host's FlexConsumptionMetricsPublisher). The host also meters what is active
/// every five seconds; that adds at most a tenth each time and is left out.
/// </summary>
internal static class FlexBilling
{
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    /// <param name="activity">Of the functions of one instance, in the order of their starts.</param>
    public static TimeSpan Metered(IEnumerable<(DateTimeOffset Start, DateTimeOffset End)> activity)
    {
        var metered = TimeSpan.Zero;
        var meteredUntil = DateTimeOffset.MinValue;
        (DateTimeOffset Start, DateTimeOffset End)? open = null;
        foreach (var (start, end) in activity)
        {
            if (open is { } stretch && start <= stretch.End)
            {
                open = (stretch.Start, end > stretch.End ? end : stretch.End);
                continue;
            }

            Close();
            open = (start, end);
        }

        Close();
        return metered;

        void Close()
        {
            if (open is not { } stretch)
                return;
            var from = stretch.Start > meteredUntil ? stretch.Start : meteredUntil;
            if (stretch.End <= from)
                return;
            var length = stretch.End - from > Least ? stretch.End - from : Least;
            length = Step * Math.Ceiling(length / Step);
            metered += length;
            meteredUntil = from + length;
        }
    }

    public static double GigabyteSeconds(TimeSpan metered, int memoryMb) => metered.TotalSeconds * memoryMb / 1024;
}
