using System.Text.Json;
using McpProbe.Catalog;
using McpProbe.Catalog.Json;
using McpProbe.Drift.Specification;
using McpProbe.Model;
using McpProbe.Probing.Protocol;

namespace McpProbe.Probing.Tools;

/// <summary>
/// How the pages of <c>tools/list</c>, and the tools on them, keep to the specification. Only of pages that were parsed: those that
/// are recognised by their bytes bring what was found in them before.
/// </summary>
internal sealed class PageSpecification(McpSession session, int maxDepth)
{
    private const string Method = "tools/list";

    /// <summary>Of one rule; a server that makes a mistake makes it for most of its tools.</summary>
    private const int MostOfARule = 3;

    /// <summary>What a server breaks is shown by a few; a result is stored and sent.</summary>
    private const int Most = 20;

    private readonly List<Finding> _findings = [];
    private CacheScope? _scope;
    private bool _hasPages;
    private bool _hasNullCursor;

    private bool IsStateless => session.Era is Era.Stateless;

    /// <summary>What holds for the whole list: the shortest time, and private when one page is; null when a page says nothing.</summary>
    public CacheHints? Hints { get; private set; }

    /// <param name="page">The result of one answer, which is a list of tools.</param>
    public void Add(ReadOnlySpan<byte> page, PageOutcome outcome)
    {
        if (outcome.NextCursor is null && HasNullCursor(page))
            _hasNullCursor = true;
        if (!IsStateless)
            return;
        var hints = ResultHints.Read(page, maxDepth);
        Hints = !_hasPages ? hints.Kept
            : (Hints, hints.Kept) is ({ } list, { } more) ? new CacheHints(Math.Min(list.TtlMs, more.TtlMs), more.Scope == list.Scope ? list.Scope : "private")
            : null;
        _hasPages = true;
        if (!hints.HasResultType)
            Once(SpecRules.ResultType.Broken(Method, $" of {Method}. Clients take it for one of an older server."));
        if (hints.Fault is { } fault)
            Once(SpecRules.CacheHints.Broken(Method, $" of {Method}: {fault}. Clients ask again each time, or keep what they should not."));
        if (hints.Scope is not (CacheScope.Public or CacheScope.Private))
            return;
        if (_scope is { } before && before != hints.Scope)
            Once(SpecRules.CacheScope.Broken(Method, ": one is public and another private. What is kept of it may be shown to another person."));
        _scope ??= hints.Scope;
    }

    /// <summary>What is wrong, once all pages are there.</summary>
    public IReadOnlyList<Finding> Judge(ToolCatalog catalog)
    {
        if (_hasNullCursor)
            Once(SpecRules.Cursor.Broken(Method, ": nextCursor is null, where a last page leaves it out. Some clients throw the page away."));
        if (catalog.ToolNames.Count > 0 && !CatalogReader.Declares(session.Server.Capabilities.Span, "tools"u8))
            Once(SpecRules.ToolsDeclared.Broken(Method, ". Clients do not ask it for any."));

        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        var tools = CanonicalTools.Of(catalog);
        using var tree = new JsonTree();
        using var noArguments = new JsonTree();
        noArguments.Read("{}"u8);
        var choice = new ToolChoice();
        for (var i = 0; i < tools.Count && _findings.Count < Most; i++)
        {
            if (tree.Read(tools[i].Span) is not null)
                continue;
            foreach (var fault in ToolSpecification.FaultsOf(tree, session.ProtocolVersion))
                Limited(fault.Rule.Broken(fault.Path, $": {fault.Says}.", catalog.ToolNames[i]));
            if (choice.FindIn(tree, catalog.ToolNames[i]) is { } unclear)
                Limited(unclear);
            if (IsStateless && ParameterHeaders.Of(tree, noArguments).Fault is { } header)
                Limited(SpecRules.ParameterHeader.Broken("/inputSchema", $": {Text.ForeignText.OneLine(header, 160)}.", catalog.ToolNames[i]));
        }

        return _findings;

        void Limited(Finding finding)
        {
            counts[finding.Rule] = counts.GetValueOrDefault(finding.Rule) + 1;
            if (counts[finding.Rule] <= MostOfARule)
                _findings.Add(finding with { Tool = Text.ForeignText.OneLine(finding.Tool!, 128) });
        }
    }

    private void Once(Finding finding)
    {
        if (!_findings.Exists(before => before.Rule == finding.Rule))
            _findings.Add(finding);
    }

    private static bool HasNullCursor(ReadOnlySpan<byte> page)
    {
        var reader = new Utf8JsonReader(page, JsonTree.ReaderOptions);
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var isCursor = JsonText.NameIs(reader, "nextCursor"u8);
            reader.Read();
            if (isCursor)
                return reader.TokenType is JsonTokenType.Null;
            reader.Skip();
        }

        return false;
    }
}
