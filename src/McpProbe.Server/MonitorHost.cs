using System.Net.Sockets;
using McpProbe.Alerts;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Alerts.Heartbeats;
using McpProbe.Alerts.Senders;
using McpProbe.Configuration;
using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;
using McpProbe.Imports;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Connectivity;
using McpProbe.Monitoring.Metrics;
using McpProbe.Monitoring.Prober;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Probing.Sessions;
using McpProbe.Server.Alerts;
using McpProbe.Server.Configuration;
using McpProbe.Server.Demo;
using McpProbe.Server.Health;
using McpProbe.Server.Scheduling;
using McpProbe.Server.Storage;
using McpProbe.Server.Uptime;
using McpProbe.Text;
using McpProbe.Uptime;
using McpProbe.Uptime.Reports;
using McpProbe.Web;
using McpProbe.Web.Health;
using McpProbe.Web.Metrics;
using McpProbe.Web.Tokens;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpProbe.Server;

/// <summary>The one-machine head from its options to its end: read the file, open the data, watch, serve.</summary>
internal static class MonitorHost
{
    /// <summary>Results that changed nothing: a quarter of what they would cost is the flush of a transaction that they have to themselves.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(20);

    /// <summary>They share transactions.</summary>
    private const int PutsAtOnce = 64;

    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunAsync(ServerOptions options, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        if (options.AskHealth)
            return await HealthQuestion.AskAsync(options.Urls[0], Console.Out, Console.Error, cancellationToken);
        if (ApiSecrets.Parse(Environment.GetEnvironmentVariable(ApiSecrets.Setting), out var mistake) is not { } apiSecrets)
            return Refuse($"{ApiSecrets.Setting} is wrong: {mistake}.");
        if (OwnSeries.Parse(Environment.GetEnvironmentVariable(OwnSeries.Variable), out mistake) is not { } series)
            return Refuse($"{OwnSeries.Variable} {mistake}.");
        options = options with { ApiSecrets = apiSecrets, MetricsEndpoints = series.Limit };
        if (options.TestAlert is { } channel)
            return await TestAlertAsync(channel, options, time, cancellationToken);
        // Before anything is opened.
        var source = new ProbesSource(options.Probes, Demo: null);
        if (source.File is { } file)
            source = source with { Fingerprint = await new FileFingerprint(file, time).ReadAsync(cancellationToken) };
        Parsed<ProbesDocument>? read = await source.ReadAsync(cancellationToken);
        if (source.Judge(read, []) is { Document: null } wrong)
            return Refuse([.. wrong.Mistakes.Select(each => each.ToString())]);

        var temporary = options is { Demo: true, Data: null } ? Directory.CreateTempSubdirectory("mcpprobe-demo-") : null;
        if ((temporary?.FullName ?? options.Data ?? ServerOptions.DefaultData) is not { } path)
            return Refuse("There is no home directory to keep data in: name a directory with --data.");
        try
        {
            using var directory = DataDirectory.Open(path);
            await using var store = SqliteStore.Open(directory, time, Gather);
            await using var demo = options.Demo ? await DemoServer.StartAsync(time, options.DemoSpeed, cancellationToken) : null;
            var (prepared, code) = await PrepareAsync(options, source with { Demo = demo?.Document }, read, directory, store, time, cancellationToken);
            // The store has it: a copy of each definition is not kept while the server runs.
            read = null;
            if (prepared is null)
                return code;
            await using var app = prepared;
            return await ServeAsync(options, directory, store, app, cancellationToken);
        }
        catch (Exception failure) when (failure is StorageException or InvalidDataException)
        {
            return Refuse(failure.Message);
        }
        finally
        {
            temporary?.Delete(recursive: true);
        }
    }

    // Beside a running server: it needs nothing of the data directory, which that one has locked.
    private static async Task<int> TestAlertAsync(
        string channel, ServerOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var parsed = await ProbesFile.ReadAsync(options.Probes!, cancellationToken);
        if (parsed.Value is not { } document || parsed.Errors.Count > 0)
            return Refuse([.. parsed.Errors.Select(error => error.ToString())]);
        if (ChannelSecrets.Missing(document.Channels.Where(each => each.Name == channel), SecretReference.FromEnvironment) is { Count: > 0 } missing)
            return Refuse([.. missing.Select(mistake => $"{options.Probes}: {mistake}")]);
        using var sender = new ChannelSender(new ProberOptions().Secrets, PagesOf(options), time) { Zone = ZoneOf(document) };
        var channels = document.Channels.ToDictionary(each => each.Name);
        var test = await new ChannelTester(channels, sender.SendAsync, desk: null, time).TestAsync(channel, cancellationToken);
        switch (test.Status)
        {
            case ChannelTestStatus.UnknownChannel:
                return Refuse(test.Message);
            case ChannelTestStatus.Failed:
                Console.Error.WriteLine(test.Message);
                return ExitCodes.NotHealthy;
            default:
                Console.Out.WriteLine($"{test.Message} If a running McpProbe has disabled it, have that one send a test alert too, by its API: only that enables it.");
                return ExitCodes.Ok;
        }
    }

    /// <returns>What is to be started; or null and the exit code.</returns>
    private static async Task<(WebApplication? App, int Code)> PrepareAsync(
        ServerOptions options, ProbesSource source, Parsed<ProbesDocument> read, DataDirectory directory, SqliteStore store, TimeProvider time,
        CancellationToken cancellationToken)
    {
        store.Expected = read.Value!.Endpoints.ToDictionary(each => each.Id);
        var hasDocument = options.Probes is not null || options.Demo;
        var known = await store.ListEndpointsAsync(cancellationToken);
        var ofAFile = DemoServer.WithoutDemo(known);
        if (options.Probes is null && ofAFile.Count > 0)
        {
            // Taking a missing option for an empty file would archive them all.
            return (null, Refuse(
                $"{directory.Path} watches {ofAFile.Count} endpoint(s) of a probes file, but no file was named: name it with --probes, or choose another directory with --data."));
        }

        var loaded = source.Judge(read, [.. known.Where(each => each.Source is EndpointSource.Api).Select(each => each.Endpoint)]);
        if (loaded.Document is not { } document)
            return (null, Refuse([.. loaded.Mistakes.Select(mistake => mistake.ToString())]));
        if (options is { Probes: { } file, AllowEmpty: false } && loaded.WhyNot(ofAFile, known.Count(each => each.Source is EndpointSource.Import)) is { } why)
            return (null, Refuse($"{file} is not applied to {directory.Path}: {why}. Correct it, or start once with --allow-empty if it is meant."));

        var app = Build(options, document, store, time, source: source, directory: directory);
        try
        {
            var logger = app.Services.GetRequiredService<ILogger<ProbesReload>>();
            if (directory.Warning is { } open)
                Log.DataOpenToOthers(app.Services.GetRequiredService<ILogger<DataDirectory>>(), open);
            if (hasDocument)
            {
                var change = await app.Services.GetRequiredService<EndpointRegistry>().SynchronizeAsync(document, cancellationToken);
                if (!change.IsEmpty)
                    Log.ProbesApplied(logger, options.Probes ?? "--demo", change.ToString(), $"{document.Channels.Count} channels");
                if (options.Probes is { } started)
                    await app.Services.GetRequiredService<ProbesAudit>().AddAsync(started, "start", new ReloadOutcome.Applied(change, [], []), cancellationToken);
            }

            store.Expected = null;
            foreach (var warning in loaded.Warnings)
                Log.ProbesWarning(logger, options.Probes ?? "--demo", warning);
            return (app, ExitCodes.Ok);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    private static async Task<int> ServeAsync(
        ServerOptions options, DataDirectory directory, SqliteStore store, WebApplication app, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Asked to end while it started.
            return ExitCodes.Ok;
        }
        catch (Exception failure) when (failure is IOException or SocketException && ListenFailure.Of(failure) is not null)
        {
            return Refuse($"Cannot listen on {string.Join(", ", options.Urls)}: {ListenFailure.Of(failure)}. Choose another address with --urls.");
        }
        catch (InvalidOperationException failure) when (options.Urls.Any(url => url.StartsWith("https:", StringComparison.OrdinalIgnoreCase)))
        {
            // Kestrel's own exception for a missing certificate; it advises a developer's.
            return Refuse(
                $"Cannot listen on {string.Join(", ", options.Urls)}: {failure.Message.Split('.')[0]}. For https, name a certificate in ASPNETCORE_Kestrel__Certificates__Default__Path and …__KeyPath, or listen on http:// behind a proxy that ends TLS.");
        }
        await TellMissingSecretsAsync(store, app, cancellationToken);
        var greeting = await GreetingAsync(options, directory, store, app, cancellationToken);
        if (options.Log.Json)
            Log.Started(app.Services.GetRequiredService<ILogger<ProbesReload>>(), greeting);
        else
            Greet(greeting);
        await app.WaitForShutdownAsync(cancellationToken);
        return ExitCodes.Ok;
    }

    private static void Greet(string greeting)
    {
        try
        {
            Console.Out.WriteLine(greeting);
        }
        catch (IOException)
        {
            // The log's disk is full: nobody is watched the less for it.
        }
    }

    /// <param name="configure">Changes the services, for tests.</param>
    /// <param name="source">Where the document is from; null for the file of the options.</param>
    /// <param name="directory">Keeps what a restart must find; null forgets it.</param>
    internal static WebApplication Build(
        ServerOptions options, ProbesDocument document, SqliteStore store, TimeProvider time, Action<IServiceCollection>? configure = null,
        ProbesSource? source = null, DataDirectory? directory = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls([.. options.Urls]);
        builder.WebHost.UseKestrelHttpsConfiguration();
        var isUp = false;
        options.Log.Configure(builder.Logging, () => isUp);

        var services = builder.Services;
        // Probes in flight, then deliveries in flight, then what little the store has still to write.
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(25));
        services.AddSingleton(time);
        services.AddSingleton<IEndpointStore>(store);
        services.AddSingleton<IMonitorStore>(store);
        services.AddSingleton<IMonitorHistory>(store);
        services.AddSingleton<IIncidentStore>(store);
        services.AddSingleton<IDeliveryStore>(store);
        services.AddSingleton<IAlertOutbox>(store);
        services.AddSingleton<IRollupStore>(store);
        services.AddSingleton<IAuditStore>(store);
        services.AddSingleton(store);

        var rules = new ApiDefinitions(options.ApiSecrets);
        rules.Follow(document.Channels, document.Endpoints);
        services.AddSingleton(rules);
        var prober = new ProberOptions { Refusal = rules.Refusal, Tokens = TokenCounter.Of };
        services.AddSingleton(prober);
        services.AddSingleton<McpProber>();
        services.AddSingleton(new ConnectivityGuard(options.Controls, prober, time));
        services.AddSingleton<StandstillWatch>();
        services.AddSingleton(container => new OverloadGuard(
            container.GetRequiredService<StandstillWatch>(), () => container.GetRequiredService<MonitorMetrics>().Overloaded(ProbeScheduler.Location)));
        services.AddSingleton<WarmUp>();
        services.AddSingleton<HostTurns>();
        services.AddSingleton<HeldStreams>();
        services.AddSingleton<MonitorCycle>();
        services.AddSingleton(new EndpointRegistry(store, store, store, time, PutsAtOnce));
        services.AddSingleton<IncidentDesk>();

        var zone = ZoneOf(document);
        services.AddSingleton(_ => new ChannelSender(prober.Secrets, PagesOf(options), time) { Zone = zone });
        services.AddSingleton<SendAlert>(container => container.GetRequiredService<ChannelSender>().SendAsync);
        var channels = new LiveChannels(document.Channels);
        services.AddSingleton(channels);
        services.AddSingleton<IReadOnlyDictionary<string, Channel>>(channels);
        services.AddSingleton(container => new DeliveryWorker(
            store, channels.EverKnown, container.GetRequiredService<SendAlert>(),
            prober.Secrets, time, alone: true));
        services.AddSingleton<AlertDesk>();
        services.AddSingleton<ChannelTester>();

        services.AddSingleton<StandingObstacles>();
        services.AddSingleton<SlotWatch>();
        services.AddSingleton<IHeadHealth, ServerHealth>();
        services.AddHostedService<StoreWatch>();
        services.AddHostedService<OldGarbage>();
        if (options.Heartbeat is { } heartbeat)
        {
            services.AddSingleton(_ => new HeartbeatSender(heartbeat, time));
            services.AddHostedService<HeartbeatService>();
        }

        services.AddSingleton(options.Concurrency is { } limit ? SchedulerOptions.Default.WithConcurrency(limit) : SchedulerOptions.Default);
        services.AddSingleton<Func<ProbeRequest, CancellationToken, Task<CycleOutcome>>>(
            container => Told(container.GetRequiredService<MonitorCycle>(), container.GetRequiredService<ILogger<MonitorCycle>>()));
        services.AddSingleton<ProbeScheduler>();

        // Before the probes: what is measured of them is chosen first.
        services.AddMcpProbeWeb(new WebOptions
        {
            ApiKey = options.Access.ApiKey,
            ReadKey = options.Access.ReadKey,
            PublicUrl = options.PublicUrl,
            TrustedProxies = options.Access.TrustedProxies,
            People = options.Access.People,
            KeyRing = directory is null ? null : _ => new FileSystemXmlRepository(directory.SignInKeys(), NullLoggerFactory.Instance),
            MetricsEndpoints = options.MetricsEndpoints,
            Otlp = OtlpExport.Read(Environment.GetEnvironmentVariable),
            Banner = options.Demo
                ? "This is a demonstration: the servers of the group 'demo' drift and fail on a timetable, and come back within two minutes."
                : null,
        });

        // Stopped in reverse: first no new probes, and those in flight end; then the alerts they caused.
        services.AddSingleton<DeliveryLoop>();
        services.AddHostedService(container => container.GetRequiredService<DeliveryLoop>());
        services.AddHostedService<SweepAlerts>();
        services.AddHostedService<CleanUp>();
        services.AddHostedService<SchedulerService>();
        services.AddSingleton(new RollUpJob(store, store, store, [ProbeScheduler.Location], time, atOnce: 1));
        services.AddSingleton(options.Retention);
        services.AddSingleton(new LatencyWatch(store, store, time, atOnce: 1));
        services.AddSingleton<ShadowWatch>();
        services.AddSingleton<DeepProber>();
        services.AddSingleton(container => new DeepWatch(
            store, store, container.GetRequiredService<McpProber>(), container.GetRequiredService<DeepProber>(), container.GetRequiredService<HostTurns>(), time));
        services.AddHostedService<DeepLooks>();
        services.AddSingleton(new ReportSchedules { All = document.Reports });
        services.AddSingleton<MonthlyReports>();
        services.AddSingleton(new SlaReporter(store, store, store, store, [ProbeScheduler.Location], options.Retention, time, atOnce: 2));
        services.AddHostedService<RollUpService>();
        services.AddSingleton(source ?? new ProbesSource(options.Probes, Demo: null));
        services.AddSingleton<ProbesReload>();
        services.AddSingleton<ProbesAudit>();
        services.AddSingleton<IProbesReload>(container => container.GetRequiredService<ProbesReload>());
        services.AddHostedService<ProbesWatch>();
        services.AddSingleton(new LiveImports(document.Imports));
        services.AddSingleton(container => new ScheduledImports(container.GetRequiredService<EndpointRegistry>(), store, store, store, new ImportMemory(), prober.Secrets, time));
        services.AddHostedService<ImportService>();
        services.AddSingleton(new UptimeReader(store, time, atOnce: 1));
        services.AddSingleton(new PublicPages { All = document.Pages });

        configure?.Invoke(services);
        var app = builder.Build();
        app.Lifetime.ApplicationStarted.Register(() => isUp = true);
        app.UseMcpProbeWeb();
        store.EndpointChanged = app.Services.GetRequiredService<ProbeScheduler>().Changed;
        store.HandedOver = app.Services.GetRequiredService<DeliveryLoop>().Wake;
        var log = app.Services.GetRequiredService<ILogger<SqliteStore>>();
        store.Unreadable.Tell = (table, of, reason) => Log.RowUnreadable(log, table, of, reason);
        return app;
    }

    private static Func<ProbeRequest, CancellationToken, Task<CycleOutcome>> Told(MonitorCycle cycle, ILogger log) =>
        !log.IsEnabled(LogLevel.Debug)
            ? cycle.RunAsync
            : async (request, cancellationToken) =>
            {
                var outcome = await cycle.RunAsync(request, cancellationToken);
                Log.Probed(log, request.Endpoint.Id, request.Slot, outcome.ToString());
                return outcome;
            };

    /// <summary>Where alerts link to; null when the address is none that a reader could open.</summary>
    private static Uri? PagesOf(ServerOptions options) =>
        options.PublicUrl is { } known ? known
            : Uri.TryCreate(options.Urls[0], UriKind.Absolute, out var url) && url is { Port: not 0 } && url.Host is not ("0.0.0.0" or "[::]")
                ? url
                : null;

    private static async Task TellMissingSecretsAsync(SqliteStore store, WebApplication app, CancellationToken cancellationToken)
    {
        const int most = 50;
        var secrets = app.Services.GetRequiredService<ProberOptions>().Secrets;
        var missing = (await store.ListEndpointsAsync(cancellationToken)).Where(each => !each.Endpoint.Paused)
            .SelectMany(each => EndpointSecrets.Missing(each.Endpoint, secrets).Select(secret => (each.Endpoint.Id, Secret: secret))).ToList();
        foreach (var (id, secret) in missing.Take(most))
            Log.SecretMissing(app.Logger, id, secret);
        if (missing.Count > most)
            Log.MoreSecretsMissing(app.Logger, missing.Count - most);
    }

    internal static TimeZoneInfo? ZoneOf(ProbesDocument document) => document.TimeZone is { } name ? TimeZones.Find(name) : null;

    private static async Task<string> GreetingAsync(
        ServerOptions options, DataDirectory directory, SqliteStore store, WebApplication app, CancellationToken cancellationToken)
    {
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        var count = (await store.ListEndpointsAsync(cancellationToken)).Count(each => each.Source is not EndpointSource.Archived);
        var what = count switch
        {
            0 => "Nothing to watch yet: the page says how to add an endpoint",
            1 => "Watching 1 endpoint",
            _ => $"Watching {count} endpoints",
        };
        if (options.Demo)
            what += ", among them the demo's: within two minutes an incident opens, tools drift, and both resolve";
        return $"{what}. Data in {directory.Path}.{Environment.NewLine}The page: {string.Join(" ", addresses)}";
    }

    private static int Refuse(params IReadOnlyList<string> lines)
    {
        foreach (var line in lines)
            Console.Error.WriteLine(line);
        return ExitCodes.Usage;
    }
}
