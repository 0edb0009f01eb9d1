using McpProbe.Alerts.Senders;
using McpProbe.Configuration;
using McpProbe.Monitoring;
using McpProbe.Server.Demo;
using McpProbe.Uptime.Reports;
using McpProbe.Web;
using McpProbe.Web.Health;

namespace McpProbe.Server.Configuration;

/// <summary>
/// Applies the probes file again: all of it or nothing. Channels are there before the endpoints that name them, and stay for what is
/// on its way to them.
/// </summary>
internal sealed class ProbesReload(
    ProbesSource source, EndpointRegistry registry, IEndpointStore endpoints, LiveChannels channels, LiveImports imports, ApiDefinitions rules,
    ChannelSender sender, PublicPages pages, ReportSchedules reports, ProbesFileStatus status, StandingObstacles standing, TimeProvider time, ILogger<ProbesReload> logger) : IProbesReload, IDisposable
{
    private const int MostLines = 20;

    private readonly SemaphoreSlim _gate = new(1, 1);

    public bool HasFile => source.File is not null;

    public async Task<ReloadOutcome> ReloadAsync(bool allowEmpty, CancellationToken cancellationToken)
    {
        if (source.File is not { } file)
            return new ReloadOutcome.NoFile();
        await _gate.WaitAsync(cancellationToken);
        try
        {
            return await ApplyAsync(file, allowEmpty, cancellationToken);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            // The store refuses writes, for one. Who watches the file tries again.
            Tell([$"{file}: it was read, and could not be applied whole; it is tried again. The log says more."]);
            Log.ProbesNotApplied(logger, file, failure);
            throw;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private async Task<ReloadOutcome> ApplyAsync(string file, bool allowEmpty, CancellationToken cancellationToken)
    {
        var known = await endpoints.ListEndpointsAsync(cancellationToken);
        var loaded = source.Judge(await source.ReadAsync(cancellationToken), [.. known.Where(each => each.Source is EndpointSource.Api).Select(each => each.Endpoint)]);
        if (loaded.Document is null)
        {
            Fail(file, [.. loaded.Mistakes.Select(mistake => mistake.ToString())]);
            return new ReloadOutcome.Invalid(loaded.Mistakes);
        }

        if (!allowEmpty && loaded.WhyNot(DemoServer.WithoutDemo(known), known.Count(each => each.Source is EndpointSource.Import)) is { } why)
        {
            var message = $"{file} is not applied: {why}. Correct it, or POST /api/reload?allowEmpty=true if it is meant.";
            Fail(file, [message]);
            return new ReloadOutcome.WouldArchiveAll(message);
        }

        var changedChannels = channels.Replace(loaded.Document.Channels);
        rules.Follow(loaded.Document.Channels, loaded.Document.Endpoints);
        var change = await registry.SynchronizeAsync(loaded.Document, cancellationToken);
        imports.Now = loaded.Document.Imports;
        pages.All = loaded.Document.Pages;
        reports.All = loaded.Document.Reports;
        sender.Zone = MonitorHost.ZoneOf(loaded.Document);
        if (status.Current is { } mended)
            standing.Clear(mended.Obstacle.Reason);
        status.Applied();
        Log.ProbesApplied(logger, file, change.ToString(), changedChannels.Count == 0 ? "no channel changed" : $"channels changed: {string.Join(", ", changedChannels)}");
        foreach (var warning in loaded.Warnings)
            Log.ProbesWarning(logger, file, warning);
        return new ReloadOutcome.Applied(change, changedChannels, loaded.Warnings);
    }

    private void Tell(IReadOnlyList<string> mistakes) => standing.Set(status.Failed(mistakes, time.GetUtcNow()).Obstacle);

    private void Fail(string file, IReadOnlyList<string> mistakes)
    {
        Tell(mistakes);
        Log.ProbesInvalid(logger, file, mistakes.Count);
        foreach (var mistake in mistakes.Take(MostLines))
            Log.ProbesMistake(logger, mistake);
    }
}
