using McpProbe.Bench.Azure;

namespace McpProbe.Functions.Tests.Cost;

/// <summary>A month on Azure, simulated over the scheduler's own code (docs/cost.md).</summary>
public class AzureCostTests
{
    private const string Begin = "<!-- azure-cost -->\n";
    private const string End = "\n<!-- /azure-cost -->";

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Month_OfAThousandEndpoints_StaysWithinTheBudget(int dead)
    {
        var month = await AzureCost.SimulateAsync(endpoints: 1_000, dead, memoryMb: 512, alwaysReady: 0);

        TestContext.Current.TestOutputHelper!.WriteLine($"1,000 endpoints, {dead} % dead: ${month.Cost.Total:F2} a month; {month.Cost}");
        Assert.InRange(month.Cost.Total, 1, AzureCost.Budget);
        // One instance's worth of work, as the scaler sees it.
        Assert.Equal(1, month.Run.Instances);
    }

    // Whatever is saved: a slot is probed within its span and what the queue's own polling takes.
    [Theory]
    [InlineData(100, 512)]
    [InlineData(1_000, 512)]
    [InlineData(10_000, 2_048)]
    public async Task Start_OfServersThatAnswer_KeepsTheBudgetOfAlerts(int endpoints, int memoryMb)
    {
        var month = await AzureCost.SimulateAsync(endpoints, dead: 1, memoryMb, alwaysReady: 0);

        TestContext.Current.TestOutputHelper!.WriteLine($"{endpoints} endpoints, {memoryMb} MB: start lag p50 {month.Run.Lag(50):F1} s, p99 {month.Run.Lag(99):F1} s, most {month.Run.Lag(100):F1} s");
        Assert.InRange(month.Run.Lag(99), 0, 10);
    }

    // By hand after a change, as the docs say: dotnet run -c Release --project bench/McpProbe.Bench.Azure -- azure-cost
    [Fact]
    public async Task Docs_Tables_AreWhatTheSimulationPrints()
    {
        var docs = (await File.ReadAllTextAsync(Repository.PathOf("docs", "cost.md"), TestContext.Current.CancellationToken)).ReplaceLineEndings("\n");

        var shown = docs[(docs.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length)..docs.IndexOf(End, StringComparison.Ordinal)];

        Assert.Equal((await AzureCost.TableAsync()).ReplaceLineEndings("\n").Trim(), shown.Trim());
    }
}
