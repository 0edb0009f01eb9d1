using System.Runtime.CompilerServices;
using McpProbe.Configuration.Reading;

namespace McpProbe.Imports.Files;

/// <summary>
/// The scrape configuration with which Prometheus has blackbox_exporter probe: the targets of its <c>/probe</c> jobs that are MCP servers.
/// docs/coming-from/blackbox-exporter.md says what becomes of what.
/// </summary>
internal sealed class PrometheusFile(string path, ImportLimits limits) : IImportSource
{
    public string Place => path;

    public bool ListsStrangers => false;

    public async IAsyncEnumerable<Listing> ReadAsync(ImportQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var root = await BoundedFile.ReadYamlAsync(path, "Prometheus' configuration", limits, cancellationToken);
        if (root.Member("scrape_configs") is not { Kind: ConfigKind.Sequence } jobs)
            throw ImportFailedException.File($"{path} has no list 'scrape_configs': name Prometheus' configuration, which holds the targets, not blackbox_exporter's own.");
        var interval = GoDuration.Parse(root.Member("global")?.Member("scrape_interval")?.Text) ?? TimeSpan.FromMinutes(1);
        foreach (var listing in jobs.Items.Where(job => job.Member("metrics_path")?.Text == "/probe").SelectMany(job => Targets(job, interval)).Where(query.Finds))
            yield return listing;
    }

    private static IEnumerable<Listing> Targets(ConfigNode job, TimeSpan interval)
    {
        var name = job.Member("job_name")?.Text;
        var isMcp = (job.Member("params")?.Member("module")?.Items ?? []).Any(module => module.Text.Contains("mcp", StringComparison.OrdinalIgnoreCase));
        foreach (var target in (job.Member("static_configs")?.Items ?? []).SelectMany(config => config.Member("targets")?.Items ?? []))
        {
            // As blackbox_exporter takes a target without a scheme.
            var url = target.Text.Contains("://", StringComparison.Ordinal) ? target.Text : $"http://{target.Text}";
            var listing = new Listing(url.Split('?')[0][(url.IndexOf("://", StringComparison.Ordinal) + 3)..]) { Group = name };
            yield return isMcp || McpCheck.IsOne(url, body: null)
                ? listing with
                {
                    Url = url,
                    Interval = GoDuration.Parse(job.Member("scrape_interval")?.Text) ?? interval,
                    Timeout = GoDuration.Parse(job.Member("scrape_timeout")?.Text),
                }
                : listing with { LeftOut = McpCheck.Other };
        }
    }
}
