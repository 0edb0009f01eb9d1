using McpProbe.Drift.Schemas;

namespace McpProbe.Tests.Drift.Schemas;

public class WorkBudgetTests
{
    private const int OfTool = 200_000;
    private const int OfCatalog = 2_000_000;

    [Fact]
    public void Spend_MoreThanATool_Throws()
    {
        var budget = new WorkBudget();
        budget.BeginTool();
        budget.Spend(OfTool);

        Assert.Throws<TooComplexException>(() => budget.Spend());
    }

    // One tool that is too complex leaves the others their share.
    [Fact]
    public void BeginTool_AfterATooComplexOne_BeginsAnew()
    {
        var budget = new WorkBudget();
        budget.BeginTool();
        Assert.Throws<TooComplexException>(() => budget.Spend(OfTool + 1));

        budget.BeginTool();
        budget.Spend(OfTool);
    }

    [Fact]
    public void Spend_MoreThanACatalog_Throws()
    {
        var budget = new WorkBudget();
        for (var tool = 0; tool < OfCatalog / OfTool; tool++)
        {
            budget.BeginTool();
            budget.Spend(OfTool);
        }

        budget.BeginTool();
        Assert.Throws<TooComplexException>(() => budget.Spend());
    }
}
