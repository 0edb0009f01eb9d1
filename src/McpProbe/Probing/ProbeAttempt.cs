using McpProbe.Catalog;
using McpProbe.Endpoints;

namespace McpProbe.Probing;

/// <summary>One attempt: connect, find the era, read the catalogue, judge, close. Turns every failure into a value.</summary>
internal sealed class ProbeAttempt(
    Endpoint endpoint, ProberOptions options, TimeProvider time, Deadline deadline, ConnectionPool? connections) : IAsyncDisposable
{
    private readonly ProbeRun _run = new(endpoint, options, time, deadline);
    private HttpConnection? _http;
    private IMcpConnection? _connection;
    private McpSession? _session;
    private CatalogBuilder? _builder;
    private Snapshot? _snapshot;
    private double? _handshakeMs;
    private double? _catalogMs;
    private bool _wentWell;

    public async Task<ProbeResult> RunAsync()
    {
        // Whole milliseconds: finer ones only make the result harder to read.
        var now = time.GetUtcNow();
        var startedAt = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMillisecond));
        var started = time.GetTimestamp();
        IReadOnlyList<ConditionResult> conditions = [];
        Failure? failure;
        try
        {
            await HandshakeAsync(deadline.Token);
            await ReadCatalogAsync(deadline.Token);
            (conditions, failure) = ConditionJudge.Judge(endpoint.Conditions, _session!, _snapshot!.Catalog);
        }
        catch (ProbeFailedException failed)
        {
            failure = failed.Failure with { Phase = failed.Failure.Phase ?? _run.Phase };
        }
        catch (OperationCanceledException) when (deadline.Token.IsCancellationRequested)
        {
            failure = deadline.ToFailure(_http?.Step ?? _run.Phase);
        }

        var totalMs = _run.MillisecondsSince(started);
        var certificate = _http?.Certificate;
        var connecting = _http?.Timings;
        var timings = new Timings(
            connecting?.DnsMs, connecting?.ConnectMs, connecting?.TlsMs, _handshakeMs, _catalogMs, null, totalMs);
        if (_snapshot is not null)
        {
            var (budgets, exceeded) = BudgetJudge.Judge(endpoint, timings, certificate);
            conditions = [.. conditions, .. budgets];
            failure ??= exceeded;
        }

        _run.Log(failure is null ? $"healthy in {totalMs} ms" : $"{WireNames.Of(failure.Kind)} after {totalMs} ms: {failure.Message}");
        if (failure?.Challenge is { } challenge)
            _run.Log($"challenge: {challenge}");

        await CloseAsync(failure);
        _wentWell = failure is null;
        return new ProbeResult
        {
            Target = endpoint.Url is { UserInfo.Length: > 0 } url ? url.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped) : endpoint.Target,
            Verdict = failure?.VerdictOf() ?? Verdict.Healthy,
            Failure = failure,
            Transport = _session?.Transport,
            Era = _session?.Era,
            ProtocolVersion = _session?.ProtocolVersion,
            SupportedVersions = _session?.SupportedVersions ?? [],
            Server = _session is { Server: var server } ? new ServerIdentity(server.Name, server.Version) : null,
            Catalog = Summary(_snapshot?.Catalog),
            Findings = _builder?.Findings ?? [],
            Conditions = conditions,
            Timings = timings,
            Certificate = certificate,
            StartedAt = startedAt,
            Snapshot = _snapshot,
            Log = _run.LogLines(),
        };
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
            await _connection.DisposeAsync();

        // What failed may have left an answer half read, or a connection half made.
        if (_http is not null && _wentWell && connections is not null)
            connections.Return(_http, endpoint);
        else
            _http?.Dispose();
    }

    private async Task HandshakeAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (endpoint.Protocol is { } pinned && !ProtocolVersions.IsKnown(pinned))
            throw Config($"'{ForeignText.Brief(pinned)}' is not a protocol version that McpProbe speaks; use one of {string.Join(", ", ProtocolVersions.Known)}.");

        if (endpoint.Command is { Count: > 0 } command)
        {
            var server = await StdioServer.StartAsync(command, _run, cancellationToken);
            _connection = server;
            await TimeHandshakeAsync(new EraLadder(server, _run).ClimbAsync(cancellationToken));
        }
        else
        {
            var headers = RequestHeaders.Resolve(endpoint, options.Secrets);
            _run.Secrets = headers.Secrets;
            _http = connections?.Rent(_run, Target()) ?? new HttpConnection(_run, Target());
            await TimeHandshakeAsync(HttpHandshakeAsync(_http, headers, cancellationToken));
        }
    }

    /// <summary>Times the handshake without the set-up of the connections that it needed.</summary>
    private async Task TimeHandshakeAsync(Task<McpSession> handshake)
    {
        var started = time.GetTimestamp();
        _session = await handshake;
        _handshakeMs = ProbeRun.Round(time.GetElapsedTime(started).TotalMilliseconds - (_http?.Timings.TotalMs ?? 0));
    }

    private async Task<McpSession> HttpHandshakeAsync(HttpConnection http, RequestHeaders headers, CancellationToken cancellationToken)
    {
        if (endpoint.Transport is TransportChoice.Sse)
        {
            var (pinned, refusal) = await LegacySse.OpenAsync(http, headers, _run, cancellationToken);
            _connection = pinned ?? throw new ProbeFailedException(refusal!);
            return await new EraLadder(pinned, _run).InitializeAsync(cancellationToken);
        }

        _connection = new StreamableHttp(http, headers, _run);
        ProbeFailedException initializeRefused;
        try
        {
            return await new EraLadder(_connection, _run).ClimbAsync(cancellationToken);
        }
        catch (ProbeFailedException refused) when (refused.MayBeLegacySse && endpoint.Transport is TransportChoice.Auto)
        {
            initializeRefused = refused;
        }

        var legacy = await OpenLegacyAsync(http, headers, cancellationToken) ?? throw initializeRefused;
        _connection = legacy;
        return await new EraLadder(legacy, _run).InitializeAsync(cancellationToken);
    }

    /// <summary>Tries HTTP+SSE for a server that refused <c>initialize</c>; null when it is no such server either.</summary>
    /// <exception cref="ProbeFailedException">It is one, and names an address on another origin.</exception>
    private async Task<LegacySse?> OpenLegacyAsync(HttpConnection http, RequestHeaders headers, CancellationToken cancellationToken)
    {
        try
        {
            return (await LegacySse.OpenAsync(http, headers, _run, cancellationToken)).Connection;
        }
        catch (ProbeFailedException failed) when (failed.Failure.Kind is not FailureKind.CrossOrigin)
        {
            return null;
        }
        catch (OperationCanceledException) when (deadline.HasExpired)
        {
            // A stream that says nothing: what the server said to initialize tells more than the time-out.
            return null;
        }
    }

    private async Task ReadCatalogAsync(CancellationToken cancellationToken)
    {
        _run.Phase = Phase.Catalog;
        var started = time.GetTimestamp();
        _builder = await CatalogReader.ReadAsync(_connection!, _session!, _run, cancellationToken);
        _catalogMs = _run.MillisecondsSince(started);
        _snapshot = new Snapshot(_session!.ProtocolVersion, _session.Server, _builder.Build(_session.Server));
    }

    /// <summary>Where to connect to, once the endpoint's own values are known to be usable.</summary>
    private ConnectTarget Target()
    {
        if (endpoint.Url is not { IsAbsoluteUri: true, Scheme: "http" or "https", UserInfo.Length: 0 } url)
            throw Config("The endpoint needs an absolute http or https URL without user name or password, or a command; correct it.");

        var target = endpoint.ConnectTo is { } connectTo ? ConnectTarget.Parse(connectTo, url.Port) : new ConnectTarget(url.IdnHost, url.Port);
        return target ?? throw Config($"'{ForeignText.Brief(endpoint.ConnectTo!)}' is not an address to connect to; write host:port.");
    }

    /// <summary>Ends the session, outside the deadline: what a server is left with must not depend on how the probe went.</summary>
    private async Task CloseAsync(Failure? failure)
    {
        if (_connection is null)
            return;

        // A server that has just let the deadline pass is not given the whole time again.
        var patience = failure?.Kind is FailureKind.Timeout or FailureKind.Cancelled ? options.Limits.Close / 4 : options.Limits.Close;
        using var timer = new CancellationTokenSource(patience, time);
        await _connection.CloseAsync(timer.Token);
    }

    private static CatalogSummary? Summary(ToolCatalog? catalog) => catalog is null ? null : new CatalogSummary(
        catalog.ToolNames.Count, catalog.Pages, catalog.Hashes.Hash, catalog.Hashes.Contract, catalog.Hashes.Text,
        catalog.Hashes.Annotations, catalog.Hashes.Server, ToolCatalog.Formula);

    private static ProbeFailedException Config(string message) => new(FailureKind.Config, message);
}
