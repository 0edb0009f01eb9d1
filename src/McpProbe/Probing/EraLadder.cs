using McpProbe.Drift.Findings;
using McpProbe.Drift.Specification;
using McpProbe.Model;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;
using McpProbe.Probing.Transports;

namespace McpProbe.Probing;

/// <summary>
/// Finds out which era a server speaks, and completes its handshake: the stateless era's <c>server/discover</c> first, then
/// <c>initialize</c>. Any answer that is no modern one leads there, and silence too, while the server's era is not known. A server
/// that is known to speak the stateless era is not taken for an older one because it is slow or fails: that would look like drift.
/// </summary>
internal sealed class EraLadder(IMcpConnection connection, ProbeRun run, KnownEra? known)
{
    private const string Discover = "server/discover";

    private readonly string? _pinned = run.Endpoint.Protocol;
    private int _discoveries;

    /// <summary>Whether the server did not answer <c>server/discover</c>, and did answer <c>initialize</c>.</summary>
    public bool WasSilent { get; private set; }

    private bool IsKnownStateless => known is { Era: Era.Stateless };

    public async Task<McpSession> ClimbAsync(CancellationToken cancellationToken)
    {
        if (_pinned is not null)
            return ProtocolVersions.EraOf(_pinned) is Era.Handshake
                ? await InitializeAsync(_pinned, cancellationToken)
                : await DiscoverAsync(_pinned, cancellationToken);
        if (known is not { InitializeFirst: true })
            return await DiscoverAsync(ProtocolVersions.NewestStateless, cancellationToken);

        try
        {
            var session = await InitializeAsync(ProtocolVersions.NewestHandshake, cancellationToken);
            NoteSilence();
            return session;
        }
        catch (ProbeFailedException refused) when (refused.IsAnswer)
        {
            // It may have learnt the other era since.
            return await DiscoverAsync(ProtocolVersions.NewestStateless, cancellationToken);
        }
    }

    /// <summary>The handshake era alone: for HTTP+SSE, which the stateless era does not have, and for a server started anew.</summary>
    public Task<McpSession> InitializeAsync(CancellationToken cancellationToken) =>
        InitializeAsync(_pinned ?? ProtocolVersions.NewestHandshake, cancellationToken);

    private async Task<McpSession> DiscoverAsync(string version, CancellationToken cancellationToken)
    {
        _discoveries++;
        var id = _discoveries == 1 ? McpRequest.DiscoverId : McpRequest.SecondDiscoverId;
        JsonRpcReply reply;
        try
        {
            reply = await AskAsync(McpRequest.Discover(id, version), cancellationToken);
        }
        catch (ProbeFailedException broken) when (broken.Failure is { Kind: FailureKind.Reset, Phase: null } && CanBeOlder)
        {
            return await AfterBreakAsync(broken, version, cancellationToken);
        }

        using (reply)
            return await ClimbFromAsync(reply, version, cancellationToken);
    }

    private async Task<McpSession> ClimbFromAsync(JsonRpcReply reply, string version, CancellationToken cancellationToken)
    {
        if (reply.Id is McpRequest.InitializeId)
        {
            WasSilent = true;
            var late = await CompleteAsync(reply, ProtocolVersions.NewestHandshake, cancellationToken);
            NoteSilence();
            return late;
        }

        var failure = reply.ToFailure(Discover, run);
        if (failure is null)
        {
            var words = ServerWords.Read(reply.Result.Span, run.Limits.JsonDepth);
            if (words.SupportedVersions is { } supported)
            {
                var session = await ChooseAsync(supported, Redacted(words.Server), cancellationToken);
                return session.Era is Era.Stateless ? session with { Hints = JudgeDiscovery(reply, words) } : session;
            }
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
            throw new ProbeFailedException(failure) { IsAnswer = true };
        }
        else if (!LeadsToInitialize(reply, failure))
        {
            throw Refused(failure);
        }

        // What a server of the older era says to a method that it does not know: an error, a refusal, or a junk result.
        if (_pinned is not null && reply is { Error.Code: RpcError.MethodNotFound, HttpStatus: 404 })
            run.Break(SpecRules.Discover, Discover, ": it says that there is no such method. Clients cannot learn what it speaks.");
        if (_pinned is not null)
            throw reply.Refusal is { } refusal
                ? new ProbeFailedException(refusal)
                : new ProbeFailedException(FailureKind.ProtocolMismatch,
                    $"The endpoint is pinned to {_pinned}, but {run.Server} does not know {Discover}; unpin it, or update the server.");
        if (reply.HttpStatus is not ({ } status and >= 500))
            return await InitializeAsync(ProtocolVersions.NewestHandshake, cancellationToken);
        try
        {
            var session = await InitializeAsync(ProtocolVersions.NewestHandshake, cancellationToken);
            run.Note(FindingRules.InteropDiscover, Discover,
                $": it answers HTTP {status}. McpProbe tries initialize then; some official clients take it for a broken server, and do not.");
            return session;
        }
        catch (ProbeFailedException again) when (again.Failure.Kind is FailureKind.RpcError)
        {
            // It knows no initialize: a server of the stateless era that fails.
            throw Refused(failure!);
        }
    }

    /// <summary>How a server of the stateless era keeps to the specification in the answer that began the session.</summary>
    /// <returns>How long the answer may be kept.</returns>
    private CacheHints? JudgeDiscovery(JsonRpcReply reply, ServerWords words)
    {
        var hints = ResultHints.Read(reply.Result.Span, run.Limits.JsonDepth);
        hints.Judge(Discover, run);
        if (words.Server.Capabilities.IsEmpty)
            run.Break(SpecRules.Discover, Discover, ": it names no capabilities. Clients take it for a server that can do nothing.");
        return hints.Kept;
    }

    /// <summary>A server whose handler failed at a method that it does not know, or one that was just restarted: the second answer tells.</summary>
    private async Task<McpSession> AfterBreakAsync(ProbeFailedException broken, string version, CancellationToken cancellationToken)
    {
        try
        {
            if (_discoveries == 1 && known is null)
                return await DiscoverAsync(version, cancellationToken);

            var session = await InitializeAsync(ProtocolVersions.NewestHandshake, cancellationToken);
            run.Note(FindingRules.InteropDiscover, Discover,
                ": it closes the connection. McpProbe tries initialize then; some official clients take it for a broken server, and do not.");
            return session;
        }
        catch (ProbeFailedException again)
        {
            throw new ProbeFailedException(broken.Failure) { IsAnswer = again.IsAnswer, MayBeLegacySse = again.MayBeLegacySse };
        }
    }

    /// <summary>A server may let what it does not know wait, so <c>initialize</c> follows while there is still time.</summary>
    private Task<JsonRpcReply> AskAsync(McpRequest discover, CancellationToken cancellationToken)
    {
        if (!CanBeOlder || _discoveries > 1)
            return connection.RequestAsync(discover, cancellationToken);

        var initialize = McpRequest.Initialize(ProtocolVersions.NewestHandshake);
        // What is known to be of the older era needs no long look for the other one.
        var patience = run.Deadline.Remaining / (known is null ? 2 : 8);
        return connection switch
        {
            StdioServer stdio => stdio.RequestEitherAsync(discover, initialize, patience, cancellationToken),
            StreamableHttp http => http.RequestEitherAsync(discover, initialize, patience, cancellationToken),
            _ => connection.RequestAsync(discover, cancellationToken),
        };
    }

    private bool CanBeOlder => _pinned is null && !IsKnownStateless;

    private bool LeadsToInitialize(JsonRpcReply reply, Failure failure)
    {
        if (failure.Kind is FailureKind.HostRefused)
            return false;
        if (reply.HttpStatus is { } status && HttpRefusal.IsFinal(status))
            return false;
        // Only what a server says that does not know the method: one that fails, or a page in its place, says nothing of its era.
        return !IsKnownStateless
            || (reply is { Error.Code: not RpcError.InternalError, HttpStatus: null or < 500 })
            || reply.HttpStatus is 400 or 404 or 405 or 406 or 409 or 410 or 415 or 422;
    }

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
            throw Refused(failure);

        var words = ServerWords.Read(reply.Result.Span, run.Limits.JsonDepth);
        if (words.ProtocolVersion is not { } negotiated)
            throw new ProbeFailedException(FailureKind.NotMcp,
                $"The result of initialize has no protocolVersion; check that the URL of {run.Server} names an MCP server.")
            { IsAnswer = true };
        if (_pinned is not null && negotiated != _pinned)
            throw Mismatch(_pinned, [negotiated]);
        if (!ProtocolVersions.IsKnown(negotiated) || ProtocolVersions.EraOf(negotiated) is not Era.Handshake)
            throw Mismatch(offered, [negotiated]);

        await connection.NotifyAsync(McpRequest.Initialized(negotiated), cancellationToken);
        return new McpSession(connection.Kind, Era.Handshake, negotiated, [negotiated], Redacted(words.Server));
    }

    /// <summary>The same at each probe, also where <c>server/discover</c> is not sent any more.</summary>
    private void NoteSilence() => NoteSilence(connection.Kind, run);

    public static void NoteSilence(TransportKind transport, ProbeRun run) => run.Note(FindingRules.InteropDiscover, Discover,
        transport is TransportKind.Stdio
            ? ": it ends or falls silent at a first message other than initialize. McpProbe starts it again with initialize; clients that ask for the newer era first may not."
            : ": it does not answer at all. McpProbe sends initialize after a while, and from then on first; other clients wait.");

    private ProbeFailedException Refused(Failure failure) => new(failure)
    {
        IsAnswer = true,
        MayBeLegacySse = !IsKnownStateless && (_pinned is null || ProtocolVersions.EraOf(_pinned) is Era.Handshake) && HttpRefusal.MayBeLegacySse(failure),
    };

    /// <summary>Its words are recorded, hashed and shown. Capabilities are JSON, which the catalogue's reader redacts.</summary>
    private ServerDescription Redacted(ServerDescription server) => run.Secrets.Count == 0 ? server : server with
    {
        Name = server.Name is { } name ? run.Redact(name) : null,
        Version = server.Version is { } version ? run.Redact(version) : null,
        Instructions = server.Instructions is { } instructions ? run.Redact(instructions) : null,
    };

    private ProbeFailedException Mismatch(string asked, IReadOnlyList<string> answered) => new(FailureKind.ProtocolMismatch,
        $"The probe asked for protocol version {asked}, {run.Server} speaks {(answered.Count == 0 ? "another one" : run.Foreign(string.Join(", ", answered)))}; "
        + (_pinned is null ? "update McpProbe or the server." : "pin a version that the server speaks, or unpin it."))
    { IsAnswer = true };
}
