using System.Globalization;
using System.Text;
using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Drift.Specification;
using McpProbe.Model;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;
using McpProbe.Probing.Transports;

namespace McpProbe.Probing.Tools;

/// <summary>Reads every page of <c>tools/list</c> (specification, Pagination).</summary>
internal static class CatalogReader
{
    private static readonly byte[] NoTools = "{\"tools\":[]}"u8.ToArray();

    /// <exception cref="ProbeFailedException">A page is missing, is not a tool list, or a limit was met.</exception>
    public static async Task ReadAsync(
        CatalogPages pages, IMcpConnection connection, McpSession session, ProbeRun run, CancellationToken cancellationToken)
    {
        HashSet<string>? cursors = null;
        ReadOnlyMemory<byte>? cursor = null;
        var bytes = 0;
        for (var page = 1; ; page++)
        {
            var request = McpRequest.ListTools(McpRequest.FirstListId + page - 1, session.ProtocolVersion, cursor);
            var reply = await connection.RequestAsync(request, cancellationToken);
            if (page == 1 && IsWithoutTools(reply, session))
            {
                run.Log("the server declares no tools and does not know tools/list: its catalogue is empty");
                reply = JsonRpcReply.OfResult(reply.Id, NoTools, buffer: null);
            }

            if (reply.Error is { } refused && Declares(session.Server.Capabilities.Span, "tools"u8))
                run.Break(SpecRules.ToolsList, request.Method, $": it answers with the error {refused.Code}. Clients see a server without tools, or none.");

            // The pages together are held in memory, so the limit of one response is the limit of them all.
            bytes += reply.ResultOrThrow(request.Method, run).Length;
            if (bytes > run.Limits.ResponseBytes)
            {
                reply.Dispose();
                throw TooLarge(run.Server, string.Create(CultureInfo.InvariantCulture, $"{run.Limits.ResponseBytes / 1024.0:0.#} KiB"));
            }

            var outcome = await LargeWork.RunAsync(reply.Result.Length, (pages, reply), static work => work.pages.Add(work.reply), cancellationToken);
            if (outcome.Error is { } error)
                throw new ProbeFailedException(FailureKind.NotMcp,
                    $"Page {page} of tools/list of {run.Server} is not a list of tools ({run.Foreign(error)}); look at what the server sends.");
            if (pages.ToolCount > run.Limits.Tools)
                throw TooLarge(run.Server, string.Create(CultureInfo.InvariantCulture, $"{run.Limits.Tools} tools"));
            if (outcome.NextCursor is not { } next)
                return;

            cursor = next;
            cursors ??= new HashSet<string>(StringComparer.Ordinal);
            if (!cursors.Add(Encoding.UTF8.GetString(next.Span)))
            {
                run.Break(SpecRules.Cursor, request.Method, ": a page names a cursor that came before. Clients ask for ever, or give up.");
                throw new ProbeFailedException(FailureKind.TooManyPages,
                    $"Page {page} of tools/list of {run.Server} names a cursor that came before, so the list never ends; repair the server's pagination.");
            }

            if (page >= run.Limits.Pages)
                throw new ProbeFailedException(FailureKind.TooManyPages,
                    $"tools/list of {run.Server} goes on after {run.Limits.Pages} pages; make the server send more tools a page, or raise the limit.");
        }
    }

    /// <summary>
    /// Whether the server says by a JSON-RPC error that it has no tools: it declares none (specification, Tools, Capabilities) and does
    /// not know the method, by whatever HTTP status. One that declares tools and does not list them is broken.
    /// </summary>
    public static bool IsWithoutTools(JsonRpcReply reply, McpSession session) =>
        reply.Error is { Code: RpcError.MethodNotFound } && !Declares(session.Server.Capabilities.Span, "tools"u8);

    public static bool Declares(ReadOnlySpan<byte> capabilities, ReadOnlySpan<byte> name)
    {
        if (capabilities.IsEmpty)
            return false;
        var reader = new Utf8JsonReader(capabilities, new JsonReaderOptions { MaxDepth = JsonTree.MostDepth });
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var isIt = JsonText.NameIs(reader, name);
            reader.Read();
            if (isIt)
                return reader.TokenType is not (JsonTokenType.Null or JsonTokenType.False);
            reader.Skip();
        }

        return false;
    }

    private static ProbeFailedException TooLarge(string server, string limit) => new(FailureKind.TooLarge,
        $"tools/list of {server} gives more than {limit} in all; make the server offer less, or raise the limit.");
}
