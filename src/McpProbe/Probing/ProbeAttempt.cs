using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Checks;
using McpProbe.Probing.Net;
using McpProbe.Probing.OAuth;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;
using McpProbe.Probing.Tools;
using McpProbe.Probing.Transports;
using McpProbe.Text;

namespace McpProbe.Probing;

/// <summary>One attempt: connect, find the era, read the catalogue, judge, call a tool, close. Turns every failure into a value.</summary>
/// <remarks>Longer than other files: it tells all steps in their order, and they share what was found so far.</remarks>
internal sealed class ProbeAttempt(
    Endpoint endpoint, ProberOptions options, TimeProvider time, Deadline deadline, Reuse reuse) : IAsyncDisposable
{
    private const int LongestIdentity = 200;

    /// <summary>Above the ids of any probe's own requests.</summary>
    private const int FirstAgainId = 1_000_000;

    private readonly ProbeRun _run = new(endpoint, options, time, deadline);
    private HttpConnection? _http;
    private IMcpConnection? _connection;
    private McpSession? _session;
    private KnownEra? _known;
    private CancellationTokenSource? _openingLegacy;
    private CancellationTokenSource? _legacyStream;
    private bool _initializeFirst;
    private IReadOnlyList<Finding> _findings = [];
    private IReadOnlyList<Finding> _specification = [];
    private Unusable? _unusable;
    private long _tokens;
    private CacheHints? _hints;
    private Snapshot? _snapshot;
    private double? _handshakeMs;
    private double? _catalogMs;
    private double? _smokeMs;
    private string? _smokeRemark;
    private bool _wentWell;
    private bool _isKeptOpen;
    private int _lastId = FirstAgainId;

    /// <summary>The OAuth token that was sent, and whether an earlier probe had got it; null when there was none to send.</summary>
    public (AccessToken Token, bool Cached)? Sent { get; private set; }

    /// <summary>Whether the server refused the token that was sent.</summary>
    public bool IsTokenRefused { get; private set; }

    /// <param name="keepOpen">Leaves the session open when all went well, for <see cref="AskAgainAsync"/>.</param>
    public async Task<ProbeResult> RunAsync(bool keepOpen = false)
    {
        var startedAt = StartedAt();
        var started = time.GetTimestamp();
        IReadOnlyList<ConditionResult> conditions = [];
        Failure? failure;
        try
        {
            var smoke = endpoint.Smoke is { } call ? new SmokeProbe(call, _run) : null;
            await HandshakeAsync(deadline.Token);
            await ReadCatalogAsync(deadline.Token);
            (conditions, failure) = ConditionJudge.Judge(endpoint.Conditions, _session!, _snapshot!.Catalog, _unusable);
            if (endpoint.Conditions.RequireLists.Count > 0)
            {
                var lists = await OtherLists.AskAsync(_connection!, _session!, _run, deadline.Token);
                (conditions, failure) = ([.. conditions, .. lists.Results], failure is null or { Kind: FailureKind.ToolsUsable } ? lists.Failure ?? failure : failure);
            }

            // A tool is not called on a server that is known to be broken.
            if (failure is null or { Kind: FailureKind.ToolsUsable } && smoke is not null)
                await SmokeAsync(smoke, deadline.Token);
        }
        catch (Exception error) when (ToFailure(error) is { } fault)
        {
            failure = fault;
        }

        Remember(failure);
        if (_run.Phase is Phase.Smoke && failure?.Kind is not FailureKind.Cancelled)
        {
            var fault = failure is { Kind: FailureKind.ToolsUsable } ? null : failure;
            conditions = [.. conditions, new ConditionResult("smoke", fault is null, fault?.Message ?? _smokeRemark)];
        }

        // With all that the probe has seen.
        if (_snapshot is not null && endpoint.Conditions.Specification is { } least)
        {
            var (kept, broken) = ConditionJudge.JudgeSpecification(least, Specification() ?? []);
            conditions = [.. conditions, kept];
            failure = failure is null or { Kind: FailureKind.ToolsUsable } ? broken ?? failure : failure;
        }

        var totalMs = _run.MillisecondsSince(started);
        var certificate = _http?.Certificate;
        var connecting = _http?.Timings;
        var timings = new Timings(
            connecting?.DnsMs, connecting?.ConnectMs, connecting?.TlsMs, _handshakeMs, _catalogMs, _smokeMs, totalMs);
        if (_snapshot is not null)
        {
            var (budgets, exceeded) = BudgetJudge.Judge(endpoint, timings, certificate, _tokens);
            if (budgets.Count > 0)
                conditions = [.. conditions, .. budgets];
            failure ??= exceeded;
        }

        _run.Log(failure is null ? new LogLine("healthy", Ms: totalMs) : new LogLine($"{WireNames.Of(failure.Kind)} after {totalMs} ms: {failure.Message}"));
        if (failure?.Challenge is { } challenge)
            _run.Log($"challenge: {challenge}");

        // A slow answer is a whole one.
        _wentWell = failure is null or { Kind: FailureKind.Budget or FailureKind.ToolsUsable };
        _isKeptOpen = keepOpen && _wentWell;
        if (!_isKeptOpen)
            await CloseAsync(failure);
        return Result(failure, conditions, timings, startedAt);
    }

    /// <summary>
    /// Asks the server for its tools once more, on the session that was left open. Says whether it answers; what it answers is not
    /// judged again.
    /// </summary>
    public async Task<ProbeResult> AskAgainAsync()
    {
        var startedAt = StartedAt();
        var started = time.GetTimestamp();
        _run.Phase = Phase.Catalog;
        _run.ForgetLog();
        Failure? failure = null;
        try
        {
            var request = McpRequest.List(++_lastId, "tools/list", _session!.ProtocolVersion);
            using var reply = await _connection!.RequestAsync(request, deadline.Token);
            failure = CatalogReader.IsWithoutTools(reply, _session) ? null : reply.ToFailure(request.Method, _run);
        }
        catch (Exception error) when (ToFailure(error) is { } fault)
        {
            failure = fault;
        }

        _wentWell = failure is null;
        var tookMs = _run.MillisecondsSince(started);
        return Result(failure, [], new Timings(null, null, null, null, tookMs, null, tookMs), startedAt);
    }

    public async ValueTask DisposeAsync()
    {
        if (_isKeptOpen)
            await CloseAsync(failure: null);
        if (_connection is not null)
            await _connection.DisposeAsync();
        _legacyStream?.Dispose();
        _openingLegacy?.Dispose();

        // What failed may have left an answer half read, or a connection half made.
        if (_http is not null && _wentWell && reuse.Connections is { } connections)
            connections.Return(_http, endpoint);
        else
            _http?.Dispose();
    }

    /// <summary>The failure that ended an attempt; null for a bug.</summary>
    private Failure? ToFailure(Exception error) => error switch
    {
        ProbeFailedException { Failure: var failure } => failure with { Phase = failure.Phase ?? _run.Phase },
        // A connection that breaks in the moment in which the time is up may still say how it broke.
        OperationCanceledException or IOException or HttpRequestException or InvalidDataException when deadline.Token.IsCancellationRequested =>
            TimedOut(),
        _ => null,
    };

    private Failure TimedOut()
    {
        var failure = deadline.ToFailure(_http?.Step ?? _run.Phase, _run.Server);
        return failure.Kind is FailureKind.Timeout && _connection is StdioServer stdio ? stdio.Explain(failure) : failure;
    }

    // Whole milliseconds: finer ones only make the result harder to read.
    private DateTimeOffset StartedAt()
    {
        var now = time.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMillisecond));
    }

    private ProbeResult Result(Failure? failure, IReadOnlyList<ConditionResult> conditions, Timings timings, DateTimeOffset startedAt)
    {
        IsTokenRefused = Sent is not null && failure is { Kind: FailureKind.AuthFailed, HttpStatus: 401 };
        // No refused token is sent again.
        if (IsTokenRefused)
            reuse.Credentials.Tokens.Forget(Sent!.Value.Token);
        return new()
        {
            Target = endpoint.Target,
            Verdict = failure?.VerdictOf() ?? Verdict.Healthy,
            Failure = failure,
            Transport = _session?.Transport,
            Era = _session?.Era,
            ProtocolVersion = _session?.ProtocolVersion,
            SupportedVersions = _session?.SupportedVersions ?? [],
            Server = _session is { Server: var server } ? new ServerIdentity(Short(server.Name), Short(server.Version)) : null,
            Catalog = Summary(_snapshot?.Catalog),
            Findings = _run.Notes.Count == 0 ? _findings : [.. _findings, .. _run.Notes],
            Specification = Specification(),
            Conditions = conditions,
            Timings = timings,
            Certificate = _http?.Certificate,
            StartedAt = startedAt,
            Snapshot = _snapshot is { Catalog.Canonical.IsEmpty: false } ? _snapshot : null,
            Log = _run.LogLines(),
        };
    }

    /// <summary>What the server was seen to do, then what its catalogue says; null for nothing.</summary>
    private IReadOnlyList<Finding>? Specification()
    {
        if (!_run.HasBroken)
            return _specification.Count == 0 ? null : _specification;
        Finding[] all = [.. _run.Broken(_session?.Era), .. _specification];
        return all.Length == 0 ? null : all;
    }

    /// <summary>Which era it was, for the next attempt.</summary>
    private void Remember(Failure? failure)
    {
        // A pinned version says what was asked for, not what the server would rather speak.
        if (endpoint.Protocol is not null)
            return;
        if (_session is not null)
            reuse.Eras.Remember(endpoint, _known, _session.Era, _initializeFirst);
        else if (failure is { Kind: not (FailureKind.Cancelled or FailureKind.Config) })
            reuse.Eras.Miss(endpoint, _known);
    }

    private async Task HandshakeAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _known = reuse.Eras.Find(endpoint, reuse.Era);
        _initializeFirst = _known is { InitializeFirst: true };
        if (endpoint.Protocol is { } pinned && !ProtocolVersions.IsKnown(pinned))
            throw Config($"'{ForeignText.Brief(pinned)}' is not a protocol version that McpProbe speaks; use one of {string.Join(", ", ProtocolVersions.Known)}.");

        if (options.Refusal(endpoint) is { } refusal)
            throw Config(refusal);

        if (endpoint.Command is { Count: > 0 } command)
        {
            var environment = ChildEnvironment.Resolve(_run);
            // Its start is not counted.
            var server = StdioServer.Start(command, environment, _run);
            _connection = server;
            var started = time.GetTimestamp();
            _session = await StdioHandshakeAsync(server, () => StdioServer.Start(command, environment, _run), cancellationToken);
            _handshakeMs = _run.MillisecondsSince(started);
        }
        else
        {
            var way = await HttpWay.FindAsync(_run, reuse.Credentials.Tls, reuse.Credentials.Tokens, cancellationToken);
            Sent = way.Sent;
            _http = reuse.Connections?.Rent(_run, way.Target, way.Tls) ?? new HttpConnection(_run, way.Target, way.Tls, endpoint.Insecure);
            // Without the set-up of the connections that it needed.
            var started = time.GetTimestamp();
            _session = await HttpHandshakeAsync(_http, way.Headers, cancellationToken);
            _handshakeMs = ProbeRun.Round(time.GetElapsedTime(started).TotalMilliseconds - _http.Timings.TotalMs);
        }
    }

    /// <summary>
    /// A server of the older era may end at a first message other than <c>initialize</c>, or read no further: it is started again,
    /// <c>initialize</c> first. One that is only silent runs on beside it, for it may just be slow.
    /// </summary>
    private async Task<McpSession> StdioHandshakeAsync(StdioServer server, Func<StdioServer> again, CancellationToken cancellationToken)
    {
        var ladder = new EraLadder(server, _run, _known);
        if (endpoint.Protocol is not null || _known is { Era: Era.Stateless } or { InitializeFirst: true })
            return await ladder.ClimbAsync(cancellationToken);

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var climb = ladder.ClimbAsync(ending.Token);
        try
        {
            var session = await climb.WaitAsync(deadline.Remaining * 0.75, time, CancellationToken.None);
            _initializeFirst = ladder.WasSilent;
            return session;
        }
        catch (ProbeFailedException ended) when (ended.Failure.Kind is FailureKind.ProcessExited)
        {
            _run.Log("the process ended; starting it again, initialize first");
        }
        catch (TimeoutException)
        {
            _run.Log("no answer yet; starting the process once more beside it, initialize first");
        }

        var second = again();
        using var secondEnding = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var repeat = new EraLadder(second, _run, _known).InitializeAsync(secondEnding.Token);
        try
        {
            var first = climb.IsFaulted ? repeat : await Task.WhenAny(climb, repeat);
            // One that failed says nothing while the other may still answer.
            if (first.IsFaulted)
                first = first == climb ? repeat : climb;
            var session = await first;
            _initializeFirst = first == repeat || ladder.WasSilent;
            if (first == repeat)
            {
                (_connection, second) = (second, server);
                EraLadder.NoteSilence(TransportKind.Stdio, _run);
            }

            return session;
        }
        finally
        {
            await EndAsync(climb, ending);
            await EndAsync(repeat, secondEnding);
            await second.DisposeAsync();
        }

        static async Task EndAsync(Task task, CancellationTokenSource ending)
        {
            await ending.CancelAsync();
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<McpSession> HttpHandshakeAsync(HttpConnection http, RequestHeaders headers, CancellationToken cancellationToken)
    {
        if (endpoint.Transport is TransportChoice.Sse)
        {
            var (pinned, refusal) = await LegacySse.OpenAsync(http, headers, _run, cancellationToken);
            _connection = pinned ?? throw new ProbeFailedException(refusal!);
            return await new EraLadder(pinned, _run, _known).InitializeAsync(cancellationToken);
        }

        _connection = new StreamableHttp(http, headers, _run);
        ProbeFailedException initializeRefused;
        try
        {
            var ladder = new EraLadder(_connection, _run, _known);
            var session = await ladder.ClimbAsync(cancellationToken);
            _initializeFirst = ladder.WasSilent;
            return session;
        }
        catch (ProbeFailedException refused) when (refused.MayBeLegacySse && endpoint.Transport is TransportChoice.Auto)
        {
            initializeRefused = refused;
        }

        var legacy = await OpenLegacyAsync(http, headers, cancellationToken) ?? throw initializeRefused;
        _connection = legacy;
        return await new EraLadder(legacy, _run, _known).InitializeAsync(cancellationToken);
    }

    /// <summary>Tries HTTP+SSE for a server that refused <c>initialize</c>; null when it is no such server either.</summary>
    /// <exception cref="ProbeFailedException">It is one, and names an address on another origin.</exception>
    private async Task<LegacySse?> OpenLegacyAsync(HttpConnection http, RequestHeaders headers, CancellationToken cancellationToken)
    {
        // Where a server opens another kind of stream, the event would be waited for to the end.
        _openingLegacy = new CancellationTokenSource(deadline.Remaining / 2, time);
        _legacyStream = CancellationTokenSource.CreateLinkedTokenSource(_openingLegacy.Token, cancellationToken);
        try
        {
            var opened = (await LegacySse.OpenAsync(http, headers, _run, _legacyStream.Token)).Connection;
            _openingLegacy.CancelAfter(Timeout.InfiniteTimeSpan);
            return opened;
        }
        catch (ProbeFailedException failed) when (failed.Failure.Kind is not FailureKind.CrossOrigin)
        {
            return null;
        }
        catch (OperationCanceledException) when (deadline.HasExpired || !cancellationToken.IsCancellationRequested)
        {
            // A stream that says nothing: what the server said to initialize tells more than the time-out.
            return null;
        }
    }

    private async Task ReadCatalogAsync(CancellationToken cancellationToken)
    {
        _run.Phase = Phase.Catalog;
        var started = time.GetTimestamp();
        using var pages = Pages();
        _run.Recognise = pages.Recognise;
        await CatalogReader.ReadAsync(pages, _connection!, _session!, _run, cancellationToken);
        _run.Recognise = null;
        // What we make of the pages is no fault of the server's.
        _catalogMs = ProbeRun.Round(time.GetElapsedTime(started).TotalMilliseconds - pages.BuildMs);
        var whole = pages.Whole!;
        (_findings, _specification, _unusable, _tokens, _hints) = (whole.Findings, whole.Specification, whole.Unusable, whole.Tokens, whole.Hints);
        _snapshot = new Snapshot(_session!.ProtocolVersion, _session.Server, whole.Catalog);
    }

    private CatalogPages Pages()
    {
        // A smoke call may need to look at the tool itself, which only the content has.
        if (reuse.StoredHash is null || endpoint.Smoke is not null)
            return new CatalogPages(_session!, _run, memory: null, last: null);

        var last = reuse.Catalogs.Find(endpoint.Id);
        var isStored = last is not null && reuse.StoredHash(_session!.ProtocolVersion) == last.Whole.Catalog.Hashes.Hash;
        return new CatalogPages(_session!, _run, reuse.Catalogs, isStored ? last : null);
    }

    private async Task SmokeAsync(SmokeProbe smoke, CancellationToken cancellationToken)
    {
        _run.Phase = Phase.Smoke;
        var request = smoke.RequestFor(_snapshot!.Catalog, _session!);
        var started = time.GetTimestamp();
        using var reply = await _connection!.RequestAsync(request, cancellationToken);
        _smokeMs = _run.MillisecondsSince(started);
        _smokeRemark = smoke.Judge(reply, _session!.Era);
    }

    /// <summary>Ends the session, outside the deadline: what a server is left with must not depend on how the probe went.</summary>
    private async Task CloseAsync(Failure? failure)
    {
        if (_connection is not { HasSession: true })
            return;

        // A server that has used up the deadline, or all but, is not given the whole time again.
        var most = options.Limits.Close;
        var patience = failure?.Kind is FailureKind.Timeout or FailureKind.Cancelled ? most / 4 : deadline.Remaining + most * 0.75;
        if (patience > most)
            patience = most;
        using var timer = new CancellationTokenSource(patience, time);
        await _connection.CloseAsync(timer.Token);
    }

    /// <summary>Every result is stored, so what a server calls itself is not kept at any length.</summary>
    private static string? Short(string? text) => text?.Length > LongestIdentity ? text[..LongestIdentity] + "…" : text;

    private CatalogSummary? Summary(ToolCatalog? catalog) => catalog is null ? null : new CatalogSummary(
        catalog.ToolNames.Count, catalog.Pages, catalog.Hashes.Hash, catalog.Hashes.Contract, catalog.Hashes.Text,
        catalog.Hashes.Annotations, catalog.Hashes.Server, ToolCatalog.Formula)
    {
        Tokens = _tokens,
        Cache = _hints,
        ServerCache = _session?.Hints,
    };

    private static ProbeFailedException Config(string message) => new(FailureKind.Config, message);
}
