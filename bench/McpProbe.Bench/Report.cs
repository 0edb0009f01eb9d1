using System.Globalization;

namespace McpProbe.Bench;

/// <summary>Prints tables, and keeps count of the budgets that were missed.</summary>
internal sealed class Report
{
    private const int NameWidth = 44;
    private const int ColumnWidth = 16;

    public bool Missed { get; private set; }

    public static void Table(string title, params IReadOnlyList<string> columns)
    {
        Console.WriteLine();
        Console.WriteLine(title);
        Row("", columns);
    }

    public static void Row(string name, params IReadOnlyList<string> values) =>
        Console.WriteLine(("  " + name.PadRight(NameWidth) + string.Concat(values.Select(value => value.PadLeft(ColumnWidth)))).TrimEnd());

    /// <summary>Says whether a measured value is within its budget.</summary>
    /// <param name="isMinimum">Whether the budget is the least allowed, not the most.</param>
    public void Budget(string name, double value, double budget, string unit = "×", bool isMinimum = false)
    {
        var passed = isMinimum ? value >= budget : value <= budget;
        Missed |= !passed;
        Console.WriteLine($"  {(passed ? "PASS" : "MISS")}  {name}: {Number(value)} {unit} (budget {(isMinimum ? "≥" : "≤")} {Number(budget)} {unit})");
    }

    public void Skip(string name, string why)
    {
        Missed = true;
        Console.WriteLine();
        Console.WriteLine($"{name}: not measured. {why}");
    }

    public static string Number(double value) => value.ToString(value >= 100 ? "0" : value >= 10 ? "0.0" : "0.000", CultureInfo.InvariantCulture);
}
