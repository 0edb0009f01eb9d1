using System.Text.Json;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Cli.Conformance;

/// <summary>What the suite says of one scenario, as findings.</summary>
internal static class ConformanceChecks
{
    /// <summary>How the suite says that it could not look at something, at the beginning of a message.</summary>
    private static readonly string[] NotLookedAt = ["Not testable", "Check was not observed"];

    /// <param name="json">A <c>checks.json</c> of the suite.</param>
    /// <returns>The finding; null when every check passed. Why it cannot be read, as a sentence, when it cannot.</returns>
    public static (Finding? Finding, string? Why) Read(string scenario, ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var (looked, failed, warned, untestable, first) = (0, 0, 0, 0, (string?)null);
            foreach (var check in document.RootElement.EnumerateArray())
            {
                var (id, status, says) = (TextOf(check, "id"), TextOf(check, "status"), TextOf(check, "errorMessage"));
                // INFO and SKIPPED: there is nothing to look at, such as a session of a server that keeps none.
                if (status is not ("SUCCESS" or "FAILURE" or "WARNING") || ConformanceScenarios.WantAFixture.Contains(id))
                    continue;
                if (Array.Exists(NotLookedAt, beginning => says.StartsWith(beginning, StringComparison.Ordinal)))
                {
                    untestable++;
                    continue;
                }

                looked++;
                if (status is "FAILURE")
                    failed++;
                if (status is "WARNING")
                    warned++;
                // What fails comes before what only warns.
                if ((status is "FAILURE" && failed == 1) || (status is "WARNING" && failed + warned == 1))
                    first = $"{(says.Length > 0 ? says : TextOf(check, "description"))} ({id})";
            }

            if (looked == 0 && untestable > 0)
                return (null, "the suite looked at nothing in it.");
            return (first is null ? null : Broken(scenario, looked, failed, warned, first), null);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return (null, "what the suite wrote is no list of checks.");
        }
    }

    private static Finding Broken(string scenario, int looked, int failed, int warned, string first) => new(
        FindingLevel.Soft, $"conformance-{scenario}", null, scenario,
        failed > 0
            ? $"The server fails {failed} of {looked} checks of the scenario {scenario}: {ForeignText.OneLine(first, 300)}."
            : $"The suite warns of {warned} of {looked} things in the scenario {scenario}: {ForeignText.OneLine(first, 300)}.")
    {
        Section = $"MCP conformance suite {ConformanceSuite.Version}, {scenario}",
        // The suite fails what the specification says must be, and warns of what should.
        Requirement = failed > 0 ? Requirement.Must : Requirement.Should,
    };

    private static string TextOf(JsonElement check, string name) =>
        check.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString()! : "";
}
