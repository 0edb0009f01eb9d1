using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Tools;
using McpProbe.Text;

namespace McpProbe.Probing.Checks;

/// <summary>Judges what must hold for a server that answered to be healthy.</summary>
internal static class ConditionJudge
{
    /// <returns>Every condition's result, and the failure of the first that does not hold.</returns>
    public static (IReadOnlyList<ConditionResult> Results, Failure? Failure) Judge(
        Conditions conditions, McpSession session, ToolCatalog catalog, Unusable? unusable)
    {
        var results = new List<ConditionResult>(3);
        Failure? first = null;

        if (conditions.ExpectProtocol is { } expected)
            Add("expected-protocol", FailureKind.ProtocolMismatch, Phase.Handshake, expected == session.ProtocolVersion ? null
                : $"Protocol version {expected} was expected, {session.ProtocolVersion} was negotiated; update the expectation or the server.");

        if (conditions.ExpectServer is { } name)
            Add("expected-server", FailureKind.ConditionFailed, Phase.Handshake, OtherServer(name, session.Server.Name));

        if (conditions.ExpectServerVersion is { } range)
            Add("expected-server-version", FailureKind.ConditionFailed, Phase.Handshake, OtherVersion(range, session.Server.Version));

        if (!conditions.AllowEmpty)
            Add("tools-non-empty", FailureKind.EmptyCatalog, Phase.Catalog, catalog.ToolNames.Count > 0 ? null
                : "The catalogue has no tools, so an agent can call nothing; check the server's configuration, or, if it offers only resources or prompts, allow that (allowEmpty, --allow-empty).");

        if (conditions.RequireTools.Count > 0)
            Add("required-tools", FailureKind.MissingTool, Phase.Catalog, Missing(conditions.RequireTools, catalog.ToolNames));

        if (conditions.ForbidTools.Count > 0)
            Add("forbidden-tools", FailureKind.ForbiddenTool, Phase.Catalog, Offered(conditions.ForbidTools, catalog.ToolNames));

        first ??= Duplicate(catalog.ToolNames);

        // After the rest: with some of its tools a server still works for the clients that are not strict.
        if (conditions.ToolsUsable && (catalog.ToolNames.Count > 0 || unusable is not null))
        {
            var none = unusable is { Tools: > 0 } && unusable.Tools == catalog.ToolNames.Count;
            Add(ConditionResult.ToolsUsable, none ? FailureKind.ConditionFailed : FailureKind.ToolsUsable, Phase.Catalog, unusable is null ? null : WhyUnusable(unusable, catalog.ToolNames.Count));
        }

        return (results, first);

        void Add(string name, FailureKind kind, Phase phase, string? fault)
        {
            results.Add(new ConditionResult(name, fault is null, fault));
            if (fault is not null)
                first ??= new Failure(kind, phase, fault);
        }
    }

    /// <param name="least">What the specification must ask for, at least, for a broken rule to count.</param>
    public static (ConditionResult Result, Failure? Failure) JudgeSpecification(Requirement least, IReadOnlyList<Finding> specification)
    {
        var broken = specification.Where(finding => finding.Requirement >= least).ToList();
        if (broken.Count == 0)
            return (new ConditionResult("specification", true), null);
        var others = broken.Select(finding => finding.Rule).Distinct().Count() - 1;
        var fault = $"{ForeignText.OneLine(broken[0].Message, 300)} ({broken[0].Rule}; {broken[0].Section}.){(others == 0 ? "" : others == 1 ? " It breaks one more rule." : $" It breaks {others} more rules.")} Correct the server, or ask for less (condition specification).";
        return (new ConditionResult("specification", false, fault), new Failure(FailureKind.ConditionFailed, Phase.Catalog, fault));
    }

    private static string WhyUnusable(Unusable unusable, int tools)
    {
        var first = unusable.First[0];
        var subject = first.Tool is { } tool ? $"the tool '{ForeignText.OneLine(tool, 60)}'" : "the result of tools/list";
        var others = unusable.Tools > 1 ? $" It is so for {(unusable.Tools == tools ? "every one of them" : $"{unusable.Tools} of {tools} tools")}." : "";
        return $"Official clients throw away the whole list of tools: in {subject}, {ForeignText.OneLine(first.Says, 180)} ({first.Rule}).{others} Correct it, or turn the condition {ConditionResult.ToolsUsable} off.";
    }

    private static string? OtherServer(string expected, string? name)
    {
        if (name == expected)
            return null;
        var seen = name is null ? "the server does not say its name" : $"the server calls itself '{ForeignText.Brief(name)}'";
        return $"The server '{ForeignText.Brief(expected)}' was expected, and {seen}; check what is deployed at the address, or update the expectation.";
    }

    private static string? OtherVersion(string range, string? version)
    {
        const string Remedy = "deploy the expected version, or update the expectation.";
        if (version is null)
            return $"The server does not say its version, and '{range}' was expected; have it say one, or remove the expectation.";
        return VersionRange.WhyOutside(range, version) is { } reason
            ? $"The server's version {ForeignText.Brief(version)} {reason}; {Remedy}"
            : null;
    }

    private static string? Offered(IReadOnlyList<string> forbidden, IReadOnlyList<string> offered)
    {
        var found = forbidden.Intersect(offered, StringComparer.Ordinal).ToList();
        return found.Count == 0 ? null
            : $"The catalogue offers {(found.Count == 1 ? "the forbidden tool" : "the forbidden tools")} {ForeignText.Brief(string.Join(", ", found))}; take {(found.Count == 1 ? "it" : "them")} out of what is deployed.";
    }

    private static string? Missing(IReadOnlyList<string> required, IReadOnlyList<string> offered)
    {
        var missing = required.Except(offered, StringComparer.Ordinal).ToList();
        return missing.Count == 0 ? null
            : $"The catalogue lacks {(missing.Count == 1 ? "the required tool" : "the required tools")} {ForeignText.Brief(string.Join(", ", missing))}; deploy what provides {(missing.Count == 1 ? "it" : "them")}.";
    }

    /// <summary>A client calls tools by name: it can reach only one of two that share it.</summary>
    private static Failure? Duplicate(IReadOnlyList<string> sortedNames)
    {
        for (var i = 1; i < sortedNames.Count; i++)
        {
            if (sortedNames[i] == sortedNames[i - 1])
                return new Failure(FailureKind.DuplicateTool, Phase.Catalog,
                    $"The catalogue lists the tool {ForeignText.Brief(sortedNames[i])} twice; give each tool a name of its own.");
        }

        return null;
    }
}
