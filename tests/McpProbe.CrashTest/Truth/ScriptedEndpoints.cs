using System.Globalization;
using McpProbe.Endpoints;
using McpProbe.Testing;

namespace McpProbe.CrashTest.Truth;

/// <summary>All that is watched, behind one port: <c>/{id}/mcp</c>.</summary>
internal sealed class ScriptedEndpoints : IAsyncDisposable
{
    private const string ScenePath = "/scene";

    private readonly Dictionary<string, ScriptedEndpoint> _byPath = [];
    private StubServer _stub = null!;

    public IReadOnlyCollection<ScriptedEndpoint> All => _byPath.Values;

    public ScriptedEndpoint this[string id] => _byPath[$"/{id}/mcp"];

    /// <summary>Somebody probes.</summary>
    public event Action Probed = () => { };

    /// <summary>A child asks for a scene of the story, at <see cref="SceneUrl"/> and its number.</summary>
    public Action<int> Scene { get; set; } = _ => { };

    public string SceneUrl => $"{_stub.Url}{ScenePath}/";

    public static async Task<ScriptedEndpoints> StartAsync(params IEnumerable<string> ids)
    {
        var endpoints = new ScriptedEndpoints();
        foreach (var id in ids)
            endpoints._byPath.Add($"/{id}/mcp", new ScriptedEndpoint(id));
        endpoints._stub = await StubServer.StartAsync(context =>
        {
            if (context.Request.Path.StartsWithSegments(ScenePath, out var scene))
            {
                endpoints.Scene(int.Parse(scene.Value![1..], CultureInfo.InvariantCulture));
                return Task.CompletedTask;
            }
            endpoints.Probed();
            return endpoints._byPath[context.Request.Path].AnswerAsync(context);
        });
        return endpoints;
    }

    /// <summary>As it is watched: without the rules that would hold an alert back.</summary>
    public Endpoint Definition(string id, TimeSpan interval, int failureThreshold, int successThreshold) => new()
    {
        Id = id,
        Url = new Uri($"{_stub.Url}/{id}/mcp"),
        Interval = interval,
        Timeout = interval,
        FailureThreshold = failureThreshold,
        SuccessThreshold = successThreshold,
        Channels = [Receiver.Channel],
        Alerts = AlertPolicy.Default with { Flapping = null },
    };

    public ValueTask DisposeAsync() => _stub.DisposeAsync();
}
