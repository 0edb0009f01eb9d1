using System.Globalization;
using System.Text;
using McpProbe.Catalog;

namespace McpProbe.Probing;

/// <summary>Reads every page of <c>tools/list</c> (specification, Pagination).</summary>
internal static class CatalogReader
{
    /// <summary>Bytes from which on a page counts as large.</summary>
    private const int LargePage = 256 * 1024;

    /// <summary>
    /// Working a large page takes several times its size, so only as many are worked at once as there are processors. No server can
    /// hold a place: its page is all there.
    /// </summary>
    private static readonly SemaphoreSlim LargePages = new(Environment.ProcessorCount);

    /// <exception cref="ProbeFailedException">A page is missing, is not a tool list, or a limit was met.</exception>
    public static async Task<CatalogBuilder> ReadAsync(
        IMcpConnection connection, McpSession session, ProbeRun run, CancellationToken cancellationToken)
    {
        var catalog = new CatalogBuilder { Secrets = run.Secrets, Cancellation = cancellationToken };
        HashSet<string>? cursors = null;
        ReadOnlyMemory<byte>? cursor = null;
        long bytes = 0;
        for (var page = 1; ; page++)
        {
            var request = McpRequest.ListTools(McpRequest.FirstListId + page - 1, session.ProtocolVersion, cursor);
            using var reply = await connection.RequestAsync(request, cancellationToken);
            var result = reply.ResultOrThrow(request.Method, run);

            // The pages together are held in memory, so the limit of one response is the limit of them all.
            bytes += result.Length;
            if (bytes > run.Limits.ResponseBytes)
                throw TooLarge(string.Create(CultureInfo.InvariantCulture, $"{run.Limits.ResponseBytes / 1024.0:0.#} KiB"));

            var outcome = result.Length < LargePage ? catalog.AddPage(result) : await AddLargePageAsync(catalog, result, cancellationToken);
            if (outcome.Error is { } error)
                throw new ProbeFailedException(FailureKind.NotMcp,
                    $"Page {page} of tools/list is not a list of tools ({run.Foreign(error)}); look at what the server sends.");
            if (catalog.Count > run.Limits.Tools)
                throw TooLarge(string.Create(CultureInfo.InvariantCulture, $"{run.Limits.Tools} tools"));
            if (outcome.NextCursor is not { } next)
                return catalog;

            // The builder's bytes may be those of the reply, which ends with this page.
            cursor = next.ToArray();
            cursors ??= new HashSet<string>(StringComparer.Ordinal);
            if (!cursors.Add(Encoding.UTF8.GetString(next.Span)))
                throw new ProbeFailedException(FailureKind.TooManyPages,
                    $"Page {page} of tools/list names a cursor that came before, so the list never ends; repair the server's pagination.");
            if (page >= run.Limits.Pages)
                throw new ProbeFailedException(FailureKind.TooManyPages,
                    $"tools/list goes on after {run.Limits.Pages} pages; make the server send more tools a page, or raise the limit.");
        }
    }

    private static async Task<PageOutcome> AddLargePageAsync(CatalogBuilder catalog, ReadOnlyMemory<byte> page, CancellationToken cancellationToken)
    {
        await LargePages.WaitAsync(cancellationToken);
        try
        {
            return catalog.AddPage(page);
        }
        finally
        {
            LargePages.Release();
        }
    }

    private static ProbeFailedException TooLarge(string limit) => new(FailureKind.TooLarge,
        $"tools/list gives more than {limit} in all; make the server offer less, or raise the limit.");
}
