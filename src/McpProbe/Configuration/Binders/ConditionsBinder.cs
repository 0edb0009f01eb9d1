using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;
using McpProbe.Text;

namespace McpProbe.Configuration.Binders;

/// <summary>Reads the key <c>conditions</c> of an endpoint.</summary>
internal sealed class ConditionsBinder(ConfigReader reader)
{
    private static readonly TimeSpan LeastBudget = TimeSpan.FromMilliseconds(1);

    private static readonly string[] Keys =
    [
        "allowEmpty", "toolsUsable", "requireTools", "forbidTools", "requireLists", "expectProtocol", "expectServer", "expectServerVersion", "budgets",
        "certificateDays", "specification", "maxTokens",
    ];

    private static readonly string[] Phases = ["dns", "connect", "tls", "handshake", "catalog", "smoke", "total"];

    // What a stdio server has not.
    private static readonly string[] HttpPhases = ["dns", "connect", "tls"];

    public Conditions? Conditions(ConfigNode node, string path)
    {
        if (reader.Members(node, path, Keys) is not { } members) return null;
        var conditions = Endpoints.Conditions.Default;
        foreach (var (key, _, value) in members.Values)
        {
            var at = $"{path}.{key}";
            conditions = key switch
            {
                "allowEmpty" when reader.Boolean(value, at) is { } allow => conditions with { AllowEmpty = allow },
                "toolsUsable" when reader.Boolean(value, at) is { } usable => conditions with { ToolsUsable = usable },
                "requireTools" when reader.Strings(value, at, "a list of tool names") is { } tools => conditions with { RequireTools = tools },
                "forbidTools" when reader.Strings(value, at, "a list of tool names") is { } tools => conditions with { ForbidTools = tools },
                "requireLists" when Lists(value, at) is { } lists => conditions with { RequireLists = lists },
                "expectProtocol" when reader.Revision(value, at) is { } version => conditions with { ExpectProtocol = version },
                "expectServer" when reader.String(value, at, "the name that the server gives itself") is { } name => conditions with { ExpectServer = name },
                "expectServerVersion" when Range(value, at) is { } range => conditions with { ExpectServerVersion = range },
                "budgets" when Budgets(value, at) is { } budgets => conditions with { Budgets = budgets },
                "certificateDays" when reader.Count(value, at, least: 0) is { } days => conditions with { CertificateDays = days },
                "specification" when reader.Choice<Requirement>(value, at) is { } least => conditions with { Specification = least },
                "maxTokens" when Tokens(value, at) is { } most => conditions with { MaxTokens = most },
                _ => conditions,
            };
        }

        CheckTools(node, path, conditions);
        return conditions;
    }

    /// <summary>The conditions without those that only a URL can be held to.</summary>
    public static Conditions WithoutHttp(Conditions conditions) => conditions with
    {
        Budgets = conditions.Budgets with { Dns = null, Connect = null, Tls = null },
        CertificateDays = Endpoints.Conditions.DefaultCertificateDays,
    };

    /// <summary>Refuses those that only a URL can be held to.</summary>
    public void RefuseHttp(ConfigNode conditions, string path)
    {
        var budgets = conditions.Member("budgets")?.Members.Where(member => HttpPhases.Contains(member.Key)) ?? [];
        foreach (var member in budgets)
            reader.Fail(member.At, $"{path}.budgets.{member.Key}", "is a phase of reaching a 'url', and this endpoint has a 'command'; remove it");
        if (conditions.Members.FirstOrDefault(member => member.Key == "certificateDays") is { } days)
            reader.Fail(days.At, $"{path}.certificateDays", "is about a 'url', and this endpoint has a 'command'; remove it");
    }

    private List<OtherList>? Lists(ConfigNode node, string path)
    {
        if (reader.Items(node, path, $"a list of {string.Join(" and ", WireNames.All<OtherList>())}") is not { } items) return null;
        var lists = items.Select((item, i) => reader.Choice<OtherList>(item, $"{path}[{i}]")).ToList();
        return lists.Contains(null) ? null : [.. lists.OfType<OtherList>().Distinct()];
    }

    private int? Tokens(ConfigNode node, string path)
    {
        if (reader.Number(node, path, 0, Endpoints.Conditions.MostTokens) is not { } number) return null;
        if (number % 1 == 0) return (int)number;
        reader.Fail(node.At, path, $"{VisibleText.Excerpt(node.Text)} is not a whole number of tokens");
        return null;
    }

    private string? Range(ConfigNode node, string path)
    {
        if (reader.String(node, path, "a version, or a range such as \">=1.2 <2\"") is not { } range) return null;
        if (VersionRange.MistakeIn(range) is not { } mistake) return range;
        reader.Fail(node.At, path, mistake);
        return null;
    }

    private LatencyBudgets? Budgets(ConfigNode node, string path)
    {
        if (reader.Members(node, path, Phases) is not { } members) return null;
        var budgets = LatencyBudgets.None;
        foreach (var (phase, _, value) in members.Values)
        {
            if (reader.Duration(value, $"{path}.{phase}", LeastBudget) is not { } budget) continue;
            budgets = phase switch
            {
                "dns" => budgets with { Dns = budget },
                "connect" => budgets with { Connect = budget },
                "tls" => budgets with { Tls = budget },
                "handshake" => budgets with { Handshake = budget },
                "catalog" => budgets with { Catalog = budget },
                "smoke" => budgets with { Smoke = budget },
                _ => budgets with { Total = budget },
            };
        }

        return budgets;
    }

    private void CheckTools(ConfigNode node, string path, Conditions conditions)
    {
        for (var i = 0; i < conditions.ForbidTools.Count; i++)
        {
            if (conditions.RequireTools.Contains(conditions.ForbidTools[i]))
                reader.Fail(node.Member("forbidTools")!.Items[i].At, $"{path}.forbidTools[{i}]", $"the tool '{VisibleText.Excerpt(conditions.ForbidTools[i])}' is required too; remove it from one of the lists");
        }
    }
}
