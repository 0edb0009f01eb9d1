using System.Text.Json.Nodes;

namespace McpProbe.Infra.Tests;

/// <summary>What a deployment would create. Values that only Azure knows are expressions in square brackets.</summary>
internal sealed class Deployment
{
    /// <summary>Whom the parameter files name as the deployer.</summary>
    public const string Deployer = "dddddddd-0000-0000-0000-000000000000";

    private static readonly Dictionary<string, Lazy<Task<Deployment>>> Snapshots =
        ParameterSets.All.ToDictionary(name => name, name => new Lazy<Task<Deployment>>(() => PredictSetAsync(name)));

    private readonly JsonNode _snapshot;

    private Deployment(JsonNode snapshot) => _snapshot = snapshot;

    /// <summary>Predicted once for all tests of a parameter set.</summary>
    public static Task<Deployment> OfAsync(string parameterSet) => Snapshots[parameterSet].Value;

    public JsonObject Outputs => _snapshot["outputs"]!.AsObject();

    public IReadOnlyList<JsonNode> Resources => [.. _snapshot["predictedResources"]!.AsArray().Select(r => r!)];

    public IReadOnlyList<JsonNode> OfType(string type) => [.. Resources.Where(r => r.Text("type") == type)];

    public IReadOnlyList<string> Names(string type) => [.. OfType(type).Select(r => r.Text("name"))];

    /// <summary>The apps, the home app first.</summary>
    public IReadOnlyList<App> Apps =>
    [
        .. from site in OfType("Microsoft.Web/sites")
           let settings = OfType("Microsoft.Web/sites/config").Single(c => c.Text("name") == site.Text("name") + "/appsettings")
           select new App(site, settings["properties"]!.AsObject().ToDictionary(s => s.Key, s => s.Value!.GetValue<string>())),
    ];

    public App Home => Apps.Single(app => app.Settings["ProbeLocation"] == "home");

    /// <param name="file">A parameters file beside a copy of the templates: the prediction is written beside it.</param>
    public static async Task<Deployment> PredictAsync(string file)
    {
        var run = await Bicep.SnapshotAsync(file);
        Assert.True(run.ExitCode == 0, run.Error);
        var snapshot = JsonNode.Parse(await File.ReadAllTextAsync(Path.ChangeExtension(file, ".snapshot.json")))!;
        Assert.Empty(snapshot["diagnostics"]!.AsArray());
        return new Deployment(snapshot);
    }

    private static async Task<Deployment> PredictSetAsync(string parameterSet)
    {
        using var copy = Repository.CopyTemplates();
        return await PredictAsync(copy.File(ParameterSets.FileOf(parameterSet)));
    }
}

/// <summary>A function app and what it reads.</summary>
internal sealed record App(JsonNode Site, IReadOnlyDictionary<string, string> Settings)
{
    public string Name => Site.Text("name");

    public JsonNode Properties => Site["properties"]!;
}

internal static class ParameterSets
{
    public const string Default = "default";
    public const string WithEmail = "with-email";
    public const string WithNetwork = "with-network";
    public const string TwoLocations = "two-locations";
    public const string Guarded = "guarded";

    public static IReadOnlyList<string> All { get; } = [Default, WithEmail, WithNetwork, TwoLocations, Guarded];

    public static string FileOf(string name) => $"tests/McpProbe.Infra.Tests/Parameters/{name}.bicepparam";
}

internal static class JsonNodeText
{
    public static string Text(this JsonNode node, string property) => node[property]!.GetValue<string>();
}
