using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using McpProbe.Catalog;
using McpProbe.Model;
using McpProbe.Probing.Protocol;
using McpProbe.Text;

namespace McpProbe.Probing.Tools;

/// <summary>
/// The last catalogue of each endpoint, without its content: when a server's bytes are those of the last time, so is all that was
/// made of them, and they need not be parsed again.
/// </summary>
internal sealed class CatalogMemory
{
    /// <summary>
    /// About 2 KB each of those that differ. Past this all are forgotten: each catalogue is then parsed once more, so of a larger
    /// fleet nearly none is recognised.
    /// </summary>
    private const int MostEndpoints = 256 * 1024;

    /// <summary>Of the catalogues that fall on a place the last is known, so that many endpoints with the same share it.</summary>
    private const int Places = 1 << 12;

    /// <summary>Larger catalogues are rare, and are parsed every time.</summary>
    private const int MostTools = 256;
    private const int MostPages = 16;

    private readonly ConcurrentDictionary<string, RememberedCatalog> _byEndpoint = new();
    private readonly RememberedCatalog?[] _shared = new RememberedCatalog?[Places];
    private int _count;

    public RememberedCatalog? Find(string endpointId) => _byEndpoint.GetValueOrDefault(endpointId);

    public void Remember(string endpointId, RememberedCatalog catalog)
    {
        if (catalog.Whole.Catalog.ToolNames.Count > MostTools || catalog.Pages.Count > MostPages)
        {
            _byEndpoint.TryRemove(endpointId, out _);
            return;
        }

        catalog = Slim(catalog);
        // Roughly counted: counting a concurrent dictionary locks it as a whole.
        if (_byEndpoint.TryAdd(endpointId, catalog))
        {
            if (Interlocked.Increment(ref _count) > MostEndpoints)
            {
                _byEndpoint.Clear();
                Volatile.Write(ref _count, 0);
            }

            return;
        }

        _byEndpoint[endpointId] = catalog;
    }

    private RememberedCatalog Slim(RememberedCatalog catalog)
    {
        ref var known = ref _shared[BinaryPrimitives.ReadInt32LittleEndian(catalog.Pages[0].Digest) & (Places - 1)];
        if (known is { } same && same.IsSameAs(catalog))
            return same;
        return known = catalog with
        {
            Pages = [.. catalog.Pages],
            Whole = catalog.Whole with { Catalog = catalog.Whole.Catalog with { ToolNames = [.. catalog.Whole.Catalog.ToolNames.Select(name => Shared.Text(name))] } },
        };
    }
}

/// <param name="Whole">Without its canonical bytes.</param>
internal sealed record RememberedCatalog(IReadOnlyList<RememberedPage> Pages, WholeCatalog Whole)
{
    /// <summary>By the pages' digests, and by what was found: that may be about an endpoint's secrets, and differ.</summary>
    public bool IsSameAs(RememberedCatalog other)
    {
        if (Pages.Count != other.Pages.Count || !Whole.IsSameAs(other.Whole))
            return false;
        for (var i = 0; i < Pages.Count; i++)
        {
            if (!Pages[i].IsSameAs(other.Pages[i]))
                return false;
        }

        return true;
    }
}

/// <summary>A catalogue, and all that was found in it.</summary>
/// <param name="Unusable">Why official clients throw it away; null when they do not.</param>
internal sealed record WholeCatalog(ToolCatalog Catalog, IReadOnlyList<Finding> Findings, Unusable? Unusable)
{
    /// <summary>Tokens that a model reads of all tools.</summary>
    public long Tokens { get; init; }

    /// <summary>Where it leaves the specification.</summary>
    public IReadOnlyList<Finding> Specification { get; init; } = [];

    /// <summary>How long it may be kept.</summary>
    public CacheHints? Hints { get; init; }

    public bool IsSameAs(WholeCatalog other) =>
        Catalog.Hashes == other.Catalog.Hashes && Catalog.Pages == other.Catalog.Pages && Catalog.ToolNames.SequenceEqual(other.Catalog.ToolNames)
        && Findings.SequenceEqual(other.Findings) && Specification.SequenceEqual(other.Specification)
        && Unusable is null && other.Unusable is null && Tokens == other.Tokens && Hints == other.Hints;
}

/// <summary>Why official clients throw a list of tools away.</summary>
/// <param name="Tools">How many tools they cannot read; 0 when it is the list itself.</param>
/// <param name="First">The first of each, at most 20.</param>
internal sealed record Unusable(int Tools, IReadOnlyList<UnusableTool> First);

/// <summary>One page of <c>tools/list</c>: by its digest, and where it led.</summary>
/// <param name="Message">Where the page stands in the message, when the digest is that of the whole message; null when it is the page's own.</param>
internal sealed record RememberedPage(byte[] Digest, Range? Message, ReadOnlyMemory<byte>? NextCursor)
{
    public bool IsSameAs(RememberedPage other) =>
        Message.Equals(other.Message) && Digest.AsSpan().SequenceEqual(other.Digest)
        && NextCursor is null == other.NextCursor is null && NextCursor.GetValueOrDefault().Span.SequenceEqual(other.NextCursor.GetValueOrDefault().Span);

    /// <summary>Bytes that make room for what servers say of themselves at most times.</summary>
    private const int UsualWords = 512;

    /// <summary>
    /// SHA-256 over everything that a catalogue is made of: the bytes of the page or of the message that holds it, and the server's
    /// words that it was read under.
    /// </summary>
    public static byte[] DigestOf(McpSession session, ReadOnlyMemory<byte> page)
    {
        using var parts = new PooledBuffer(page.Length + session.Server.Capabilities.Length + UsualWords);
        AddText(session.ProtocolVersion, parts);
        AddText(session.Server.Name, parts);
        AddText(session.Server.Instructions, parts);
        AddPart(session.Server.Capabilities.Span, parts);
        AddPart(page.Span, parts);
        return SHA256.HashData(parts.Span);
    }

    private static void AddText(string? text, PooledBuffer parts)
    {
        if (text is null)
        {
            BinaryPrimitives.WriteInt32LittleEndian(parts.Reserve(sizeof(int)), -1);
            return;
        }

        // UTF-16 as it is: UTF-8 would make one character of all lone surrogates.
        AddPart(MemoryMarshal.AsBytes(text.AsSpan()), parts);
    }

    private static void AddPart(ReadOnlySpan<byte> bytes, PooledBuffer parts)
    {
        BinaryPrimitives.WriteInt32LittleEndian(parts.Reserve(sizeof(int)), bytes.Length);
        parts.Add(bytes);
    }
}
