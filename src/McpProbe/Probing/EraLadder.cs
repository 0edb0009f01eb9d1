using McpProbe.Model;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;
using McpProbe.Probing.Transports;

namespace McpProbe.Probing;

/// <summary>
/// Finds out which era a server speaks, and completes its handshake: the stateless era's <c>server/discover</c> first, then
/// <c>initialize</c>. Only an answer that a server of the older era would give leads there: a slow or failing start never does,
/// for that would look like drift.
/// </summary>
internal sealed class EraLadder(IMcpConnection connection, ProbeRun run)
{
    private readonly string? _pinned = run.Endpoint.Protocol;
    private int _discoveries;

    public Task<McpSession> ClimbAsync(CancellationToken cancellationToken) =>
        _pinned is not null && ProtocolVersions.EraOf(_pinned) is Era.Handshake
            ? InitializeAsync(_pinned, cancellationToken)
            : DiscoverAsync(_pinned ?? ProtocolVersions.NewestStateless, cancellationToken);

    /// <summary>The handshake era alone: for HTTP+SSE, which the stateless era does not have.</summary>
    public Task<McpSession> InitializeAsync(CancellationToken cancellationToken) =>
        InitializeAsync(_pinned ?? ProtocolVersions.NewestHandshake, cancellationToken);

    private async Task<McpSession> DiscoverAsync(string version, CancellationToken cancellationToken)
    {
        const string Method = "server/discover";
        _discoveries++;
        var id = _discoveries == 1 ? McpRequest.DiscoverId : McpRequest.SecondDiscoverId;
        using var reply = await AskAsync(McpRequest.Discover(id, version), cancellationToken);
        if (reply.Id is McpRequest.InitializeId)
            return await CompleteAsync(reply, ProtocolVersions.NewestHandshake, cancellationToken);

        if (reply.ToFailure(Method, run) is null)
        {
            var words = ServerWords.Read(reply.Result.Span, run.Limits.JsonDepth);
            if (words.SupportedVersions is { } supported)
                return await ChooseAsync(supported, Redacted(words.Server), cancellationToken);
        }
        else if (reply.Error is { IsStateless: true } error)
        {
            var next = _pinned is null ? ProtocolVersions.NewestCommon(error.Supported) : null;
            if (next is not null && ProtocolVersions.EraOf(next) is Era.Handshake)
                return await InitializeAsync(next, cancellationToken);
            if (next is not null && _discoveries == 1)
                return await DiscoverAsync(next, cancellationToken);
            if (error.Supported.Count > 0 || error.Code == RpcError.UnsupportedProtocolVersion)
                throw Mismatch(version, error.Supported);
            throw new ProbeFailedException(reply.ToFailure(Method, run)!);
        }
        else if (!IsOlderEra(reply))
        {
            throw new ProbeFailedException(reply.ToFailure(Method, run)!);
        }

        // What a server of the older era says to a method that it does not know: an error, a refusal, or a junk result.
        if (_pinned is not null)
            throw reply.Refusal is { } refusal
                ? new ProbeFailedException(refusal)
                : new ProbeFailedException(FailureKind.ProtocolMismatch,
                    $"The endpoint is pinned to {_pinned}, but the server does not know {Method}; unpin it, or update the server.");
        return await InitializeAsync(ProtocolVersions.NewestHandshake, cancellationToken);
    }

    /// <summary>A stdio server may ignore what it does not know, so <c>initialize</c> follows while there is still time.</summary>
    private Task<JsonRpcReply> AskAsync(McpRequest discover, CancellationToken cancellationToken) =>
        connection is StdioServer stdio && _pinned is null
            ? stdio.RequestEitherAsync(
                discover, McpRequest.Initialize(ProtocolVersions.NewestHandshake), run.Deadline.Remaining / 2, cancellationToken)
            : connection.RequestAsync(discover, cancellationToken);

    private static bool IsOlderEra(JsonRpcReply reply) =>
        reply.Error is not null
        || HttpRefusal.MayBeLegacySse(reply.HttpStatus)
        || reply.Refusal?.Kind is FailureKind.NoReply;

    private async Task<McpSession> ChooseAsync(IReadOnlyList<string> supported, ServerDescription server, CancellationToken cancellationToken)
    {
        if (_pinned is not null && !supported.Contains(_pinned))
            throw Mismatch(_pinned, supported);

        var version = _pinned ?? ProtocolVersions.NewestCommon(supported);
        if (version is null)
            throw Mismatch(ProtocolVersions.NewestStateless, supported);
        if (ProtocolVersions.EraOf(version) is Era.Handshake)
            return await InitializeAsync(version, cancellationToken);

        return new McpSession(connection.Kind, Era.Stateless, version, ForResult(supported), server);
    }

    /// <summary>As the result shows them; the versions that we know, nearly always all, are plain text.</summary>
    private IReadOnlyList<string> ForResult(IReadOnlyList<string> supported) =>
        supported.All(ProtocolVersions.IsKnown) ? supported : [.. supported.Select(run.Foreign)];

    private async Task<McpSession> InitializeAsync(string version, CancellationToken cancellationToken)
    {
        using var reply = await connection.RequestAsync(McpRequest.Initialize(version), cancellationToken);
        return await CompleteAsync(reply, version, cancellationToken);
    }

    /// <summary>Takes the answer of <c>initialize</c> and confirms it.</summary>
    private async Task<McpSession> CompleteAsync(JsonRpcReply reply, string offered, CancellationToken cancellationToken)
    {
        const string Method = "initialize";
        if (reply.Error is { Supported.Count: > 0 } error)
            throw Mismatch(offered, error.Supported);
        if (reply.ToFailure(Method, run) is { } failure)
            throw new ProbeFailedException(failure) { MayBeLegacySse = HttpRefusal.MayBeLegacySse(reply.HttpStatus) };

        var words = ServerWords.Read(reply.Result.Span, run.Limits.JsonDepth);
        if (words.ProtocolVersion is not { } negotiated)
            throw new ProbeFailedException(FailureKind.NotMcp,
                "The result of initialize has no protocolVersion; check that the URL names an MCP server.");
        if (_pinned is not null && negotiated != _pinned)
            throw Mismatch(_pinned, [negotiated]);
        if (!ProtocolVersions.IsKnown(negotiated) || ProtocolVersions.EraOf(negotiated) is not Era.Handshake)
            throw Mismatch(offered, [negotiated]);

        await connection.NotifyAsync(McpRequest.Initialized(negotiated), cancellationToken);
        return new McpSession(connection.Kind, Era.Handshake, negotiated, [negotiated], Redacted(words.Server));
    }

    /// <summary>Its words are recorded, hashed and shown. Capabilities are JSON, which the catalogue's reader redacts.</summary>
    private ServerDescription Redacted(ServerDescription server) => run.Secrets.Count == 0 ? server : server with
    {
        Name = server.Name is { } name ? run.Redact(name) : null,
        Version = server.Version is { } version ? run.Redact(version) : null,
        Instructions = server.Instructions is { } instructions ? run.Redact(instructions) : null,
    };

    private ProbeFailedException Mismatch(string asked, IReadOnlyList<string> answered) => new(FailureKind.ProtocolMismatch,
        $"The probe asked for protocol version {asked}, the server speaks {(answered.Count == 0 ? "another one" : run.Foreign(string.Join(", ", answered)))}; "
        + (_pinned is null ? "update McpProbe or the server." : "pin a version that the server speaks, or unpin it."));
}
