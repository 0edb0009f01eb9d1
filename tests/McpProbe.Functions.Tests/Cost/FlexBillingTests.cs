using McpProbe.Bench.Azure;

namespace McpProbe.Functions.Tests.Cost;

public class FlexBillingTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    /// <param name="activity">Stretches in milliseconds: from-to.</param>
    [Theory]
    [InlineData("", 0)]
    // At least a second, then tenths.
    [InlineData("0-1", 1_000)]
    [InlineData("0-1000", 1_000)]
    [InlineData("0-1001", 1_100)]
    [InlineData("0-1320", 1_400)]
    // The union: what runs at once is metered once.
    [InlineData("0-5000 100-200 4000-6000", 6_000)]
    [InlineData("0-2000 0-2000 0-2000", 2_000)]
    [InlineData("0-2000 2000-3000", 3_000)]
    // Each stretch by itself.
    [InlineData("0-300 5000-5300", 2_000)]
    [InlineData("0-10000 60000-60500", 11_000)]
    // What the first second already covers is not metered again; what goes beyond it is at least a second more.
    [InlineData("0-200 500-900", 1_000)]
    [InlineData("0-200 500-1200", 2_000)]
    [InlineData("0-200 500-2700", 2_700)]
    [InlineData("0-200 900-1100 1900-1950", 2_000)]
    public void Metered_OfOneInstance_IsTheUnionInSecondsAndTenths(string activity, int milliseconds)
    {
        var stretches = activity.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(stretch => stretch.Split('-'))
            .Select(ends => (At(ends[0]), At(ends[1])));

        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), FlexBilling.Metered(stretches));

        static DateTimeOffset At(string text) => Start.AddMilliseconds(int.Parse(text, System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData(512, 0.5)]
    [InlineData(2048, 2)]
    public void GigabyteSeconds_OfASecond_AreItsMemory(int memoryMb, double expected) =>
        Assert.Equal(expected, FlexBilling.GigabyteSeconds(TimeSpan.FromSeconds(1), memoryMb));
}
