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
    public static async Task ReadAsync(
        CatalogPages pages, IMcpConnection connection, McpSession session, ProbeRun run, CancellationToken cancellationToken)
    {
        HashSet<string>? cursors = null;
        ReadOnlyMemory<byte>? cursor = null;
        long bytes = 0;
        for (var page = 1; ; page++)
        {
            var request = McpRequest.ListTools(McpRequest.FirstListId + page - 1, session.ProtocolVersion, cursor);
            var reply = await connection.RequestAsync(request, cancellationToken);

            // The pages together are held in memory, so the limit of one response is the limit of them all.
            bytes += reply.ResultOrThrow(request.Method, run).Length;
            if (bytes > run.Limits.ResponseBytes)
            {
                reply.Dispose();
                throw TooLarge(string.Create(CultureInfo.InvariantCulture, $"{run.Limits.ResponseBytes / 1024.0:0.#} KiB"));
            }

            var outcome = reply.Result.Length < LargePage ? pages.Add(reply) : await AddLargePageAsync(pages, reply, cancellationToken);
            if (outcome.Error is { } error)
                throw new ProbeFailedException(FailureKind.NotMcp,
                    $"Page {page} of tools/list is not a list of tools ({run.Foreign(error)}); look at what the server sends.");
            if (pages.ToolCount > run.Limits.Tools)
                throw TooLarge(string.Create(CultureInfo.InvariantCulture, $"{run.Limits.Tools} tools"));
            if (outcome.NextCursor is not { } next)
                return;

            cursor = next;
            cursors ??= new HashSet<string>(StringComparer.Ordinal);
            if (!cursors.Add(Encoding.UTF8.GetString(next.Span)))
                throw new ProbeFailedException(FailureKind.TooManyPages,
                    $"Page {page} of tools/list names a cursor that came before, so the list never ends; repair the server's pagination.");
            if (page >= run.Limits.Pages)
                throw new ProbeFailedException(FailureKind.TooManyPages,
                    $"tools/list goes on after {run.Limits.Pages} pages; make the server send more tools a page, or raise the limit.");
        }
    }

    private static async Task<PageOutcome> AddLargePageAsync(CatalogPages pages, JsonRpcReply reply, CancellationToken cancellationToken)
    {
        var length = reply.Result.Length;
        await LargePages.WaitAsync(cancellationToken);
        try
        {
            return pages.Add(reply);
        }
        finally
        {
            LargeGarbage.Count(4 * length);
            LargePages.Release();
        }
    }

    private static ProbeFailedException TooLarge(string limit) => new(FailureKind.TooLarge,
        $"tools/list gives more than {limit} in all; make the server offer less, or raise the limit.");
}
