using McpProbe.Catalog;
using McpProbe.Drift.Findings;
using McpProbe.Model;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;

namespace McpProbe.Probing.Tools;

/// <summary>
/// The pages of one reading of <c>tools/list</c>. As long as they are those of the last reading they are held unparsed; the first
/// that differs has them all parsed.
/// </summary>
/// <param name="memory">Is told what was made of the pages; null when the reading is not to be remembered.</param>
/// <param name="last">What this reading may be equal to; null has it parsed in any case.</param>
internal sealed class CatalogPages(McpSession session, ProbeRun run, CatalogMemory? memory, RememberedCatalog? last) : IDisposable
{
    private readonly List<JsonRpcReply> _unparsed = [];
    private readonly List<RememberedPage> _pages = [];
    private CatalogBuilder? _builder;
    private PageSpecification? _specification;

    /// <summary>Tools on the pages that were parsed.</summary>
    public int ToolCount { get; private set; }

    /// <summary>
    /// The catalogue and what was found in it, once the last page was added; one that was recognised comes without its canonical bytes.
    /// </summary>
    public WholeCatalog? Whole { get; private set; }

    /// <summary>How long making <see cref="Whole"/> took, in milliseconds.</summary>
    public double BuildMs { get; private set; }

    /// <summary>The page that comes next if the catalogue is that of the last reading; null when it is known not to be.</summary>
    private RememberedPage? Expected => _builder is null && _pages.Count < last?.Pages.Count ? last.Pages[_pages.Count] : null;

    /// <summary>A whole message's digest, and where its page stands if it is the one of the last reading; null when this reading is not remembered.</summary>
    public (byte[] Digest, Range? Page)? Recognise(ReadOnlyMemory<byte> message)
    {
        if (memory is null)
            return null;
        var digest = RememberedPage.DigestOf(session, message);
        return (digest, Expected is { Message: { } page } same && same.Digest.AsSpan().SequenceEqual(digest) ? page : null);
    }

    /// <summary>Adds the next page, and takes over the reply that holds it.</summary>
    public PageOutcome Add(JsonRpcReply reply)
    {
        var outcome = AddPage(reply);
        ToolCount = _builder?.Count ?? 0;
        if (outcome is { Error: null, NextCursor: null } && ToolCount <= run.Limits.Tools)
        {
            var started = run.Time.GetTimestamp();
            Whole = Build();
            BuildMs = run.Time.GetElapsedTime(started).TotalMilliseconds;
        }

        return outcome;
    }

    private PageOutcome AddPage(JsonRpcReply reply)
    {
        if (memory is null)
            return Parse(reply);

        // The digest of a page is never compared with that of a message: one can be made to have the bytes of the other.
        var digest = reply.Message?.Digest ?? RememberedPage.DigestOf(session, reply.Result);
        if (Expected is { } same && same.Message is null == reply.Message is null && same.Digest.AsSpan().SequenceEqual(digest))
        {
            _pages.Add(same);
            _unparsed.Add(reply);
            return new PageOutcome(same.NextCursor, null);
        }

        var outcome = Parse(reply);
        _pages.Add(new RememberedPage(digest, reply.Message?.Result, outcome.NextCursor));
        return outcome;
    }

    // With the last page, not later: until then a builder of a large catalogue holds several times its size.
    private WholeCatalog Build()
    {
        if (_builder is null)
            return last!.Whole;

        var catalog = _builder.Build(session.Server);
        Finding[] findings = [.. SuspiciousText.FindIn(catalog.Canonical), .. _builder.Findings, .. _builder.Combinators.Select(Note)];
        var unusable = _builder.Unusable.Count == 0 ? null : new Unusable(_builder.UnusableTools, [.. _builder.Unusable]);
        var whole = new WholeCatalog(catalog, findings, unusable)
        {
            Specification = _specification!.Judge(catalog),
            Hints = _specification.Hints,
            Tokens = CanonicalTools.Of(catalog).Sum(tool => (long)run.Options.Tokens(tool)),
        };
        memory?.Remember(run.Endpoint.Id, new RememberedCatalog(_pages, whole with { Catalog = catalog with { Canonical = default } }));
        _builder.Dispose();
        return whole;
    }

    private static Finding Note((string Tool, string Keyword) found) => new(
        FindingLevel.Soft, FindingRules.InteropTopLevelCombinator.Name, found.Tool, $"/inputSchema/{found.Keyword}",
        $"The inputSchema {FindingRules.InteropTopLevelCombinator.Says}: clients list the tool, and then hand it to a model whose API refuses it.");

    public void Dispose()
    {
        _unparsed.ForEach(reply => reply.Dispose());
        _unparsed.Clear();
        _builder?.Dispose();
    }

    private PageOutcome Parse(JsonRpcReply reply)
    {
        using (reply)
        {
            if (_builder is null)
            {
                _builder = new CatalogBuilder { Secrets = run.Secrets, Cancellation = run.Deadline.Token };
                _specification = new PageSpecification(session, run.Limits.JsonDepth);
                foreach (var held in _unparsed)
                    AddParsed(held); // No error: it was parsed before.
            }

            return AddParsed(reply);
        }
    }

    private PageOutcome AddParsed(JsonRpcReply reply)
    {
        var outcome = _builder!.AddPage(reply.Result);
        if (outcome.Error is null)
            _specification!.Add(reply.Result.Span, outcome);
        return outcome;
    }
}
