using System.Text;
using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;
using McpProbe.Probing.Transports;
using McpProbe.Text;

namespace McpProbe.Probing.Checks;

/// <summary>Asks for the lists besides the tools' that an endpoint requires: <c>resources/list</c> and <c>prompts/list</c>.</summary>
internal static class OtherLists
{
    /// <summary>The first page of each is enough: what counts is that it is answered.</summary>
    /// <returns>Each list's result, and the failure of the first that was not answered with a list.</returns>
    /// <exception cref="ProbeFailedException">The server cannot be reached, or a limit was met.</exception>
    public static async Task<(IReadOnlyList<ConditionResult> Results, Failure? Failure)> AskAsync(
        IMcpConnection connection, McpSession session, ProbeRun run, CancellationToken cancellationToken)
    {
        var results = new List<ConditionResult>();
        Failure? first = null;
        foreach (var list in run.Endpoint.Conditions.RequireLists.Distinct())
        {
            var name = WireNames.Of(list);
            var request = McpRequest.List(list is OtherList.Resources ? McpRequest.ListResourcesId : McpRequest.ListPromptsId, $"{name}/list", session.ProtocolVersion);
            using var reply = await connection.RequestAsync(request, cancellationToken);
            var failure = ToFailure(reply, request.Method, name, run);
            results.Add(new ConditionResult(name + "-list", failure is null, failure?.Message));
            first ??= failure;
        }

        return (results, first);
    }

    private static Failure? ToFailure(JsonRpcReply reply, string method, string name, ProbeRun run)
    {
        if (reply.ToFailure(method, run) is { } failure)
            return failure with { Kind = FailureKind.ConditionFailed, Phase = Phase.Catalog, Message = $"The required list of {name} was not given: {failure.Message}" };

        return HasList(reply.Result.Span, Encoding.UTF8.GetBytes(name), run.Limits.JsonDepth) ? null : new Failure(FailureKind.ConditionFailed, Phase.Catalog,
            $"The result of {method} has no list '{name}'; look at what the server sends.");
    }

    private static bool HasList(ReadOnlySpan<byte> result, ReadOnlySpan<byte> name, int maxDepth)
    {
        var reader = new Utf8JsonReader(result, new JsonReaderOptions { MaxDepth = maxDepth });
        reader.Read();
        if (reader.TokenType is not JsonTokenType.StartObject)
            return false;

        var hasList = false;
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var isList = JsonText.NameIs(reader, name);
            reader.Read();
            if (isList)
                hasList = reader.TokenType is JsonTokenType.StartArray;
            reader.Skip();
        }

        return hasList;
    }
}
