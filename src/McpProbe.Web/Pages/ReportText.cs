using System.Globalization;
using McpProbe.Uptime.Reports;

namespace McpProbe.Web.Pages;

/// <summary>A report's figures, as people read them.</summary>
internal static class ReportText
{
    /// <summary>Cut, not rounded: what was down at all is not 100 %.</summary>
    internal static string Percent(double? value) => value is not { } percent ? "–"
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(percent * 1000 + 1e-7) / 1000:0.###} %");

    internal static string Length(double? seconds) => seconds is { } known ? RelativeTime.Length(TimeSpan.FromSeconds(known)) : "–";

    internal static string Number(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>What is left of a budget, or by how much it is overspent.</summary>
    internal static string Left(ErrorBudget budget) => budget.LeftPercent switch
    {
        null => "nothing observed",
        < 0 => $"spent {Times(1 - budget.LeftPercent.Value / 100)}",
        var left => $"{string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(left.Value):0}")} % left",
    };

    private static string Times(double spent) => string.Create(CultureInfo.InvariantCulture, $"{spent:0.#} times");
}
