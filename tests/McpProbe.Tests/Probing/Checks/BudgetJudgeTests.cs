using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Checks;

namespace McpProbe.Tests.Probing.Checks;

public class BudgetJudgeTests
{
    private static readonly Timings Measured = new(1, 2, 3, 500, 20.5, null, 530.25);

    private static Endpoint With(LatencyBudgets budgets, int days = Conditions.DefaultCertificateDays, bool insecure = false) => new()
    {
        Id = "budgets",
        Url = new Uri("https://mcp.example.com/mcp"),
        Insecure = insecure,
        Conditions = new Conditions { Budgets = budgets, CertificateDays = days },
    };

    private static CertificateInfo Certificate(int days) => new("CN=a", "CN=b", DateTimeOffset.UnixEpoch, days);

    private static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    [Fact]
    public void Judge_NoBudgetsAndNoCertificate_SaysNothing()
    {
        var (results, failure) = BudgetJudge.Judge(With(LatencyBudgets.None), Measured, null);

        Assert.Empty(results);
        Assert.Null(failure);
    }

    [Fact]
    public void Judge_WithinTheBudgets_ListsEachWhosePhaseHappened()
    {
        var budgets = new LatencyBudgets(Ms(1), Ms(2), Ms(3), Ms(500), Ms(21), Ms(1), Ms(531));

        var (results, failure) = BudgetJudge.Judge(With(budgets), Measured, Certificate(21));

        Assert.Null(failure);
        Assert.Equal(
            ["budget-dns", "budget-connect", "budget-tls", "budget-handshake", "budget-catalog", "budget-total", "certificate-days"],
            results.Select(result => result.Name));
        Assert.All(results, result => Assert.True(result is { Passed: true, Detail: null, IsBudget: true }));
    }

    [Fact]
    public void Judge_OverSeveral_NamesAllWithMeasuredAndAllowed()
    {
        var budgets = new LatencyBudgets(Handshake: Ms(499), Catalog: Ms(21), Total: Ms(530));

        var (results, failure) = BudgetJudge.Judge(With(budgets, days: 30), Measured, Certificate(29));

        Assert.Equal((FailureKind.Budget, Phase.Handshake, Verdict.Degraded), (failure!.Kind, failure.Phase, failure.VerdictOf()));
        Assert.Equal(
            "The server works, outside its budgets: the handshake phase took 500 ms of the 499 ms allowed, the whole probe took 530.25 ms of the 530 ms allowed, "
            + "the TLS certificate has 29 of the 30 days left that are asked for; look at the server's load, and renew the certificate.",
            failure.Message);
        Assert.Equal(
            ["The handshake phase took 500 ms of the 499 ms allowed.", null, "The whole probe took 530.25 ms of the 530 ms allowed.", "The TLS certificate has 29 of the 30 days left that are asked for."],
            results.Select(result => result.Detail));
    }

    [Fact]
    public void Judge_AuthoritysCertificateThatEndsFirst_IsNamed()
    {
        var (results, _) = BudgetJudge.Judge(
            With(LatencyBudgets.None, days: 30), Measured, Certificate(29) with { ExpiresFirst = "intermediate certificate CN=R11" });

        Assert.Equal("The intermediate certificate CN=R11 in the TLS chain has 29 of the 30 days left that are asked for.", Assert.Single(results).Detail);
    }

    [Theory]
    [InlineData(21, 21, false, null)]
    [InlineData(20, 21, false, Phase.Tls)]
    [InlineData(0, 1, false, Phase.Tls)]
    [InlineData(0, 0, false, null)]
    [InlineData(-5, 21, true, null)]
    public void Judge_Certificate_ByItsDaysUnlessAnyIsAccepted(int left, int days, bool insecure, Phase? phase)
    {
        var (_, failure) = BudgetJudge.Judge(With(LatencyBudgets.None, days, insecure), Measured, Certificate(left));

        Assert.Equal(phase, failure?.Phase);
        Assert.Equal(phase is not null, failure is not null);
    }

    [Fact]
    public void Judge_TotalAlone_IsOfNoPhase()
    {
        var (_, failure) = BudgetJudge.Judge(With(new LatencyBudgets(Total: Ms(1))), Measured, null);

        Assert.Equal((FailureKind.Budget, null), (failure?.Kind, failure?.Phase));
        Assert.EndsWith("; look at the server's load, or allow more time.", failure!.Message, StringComparison.Ordinal);
    }
}
