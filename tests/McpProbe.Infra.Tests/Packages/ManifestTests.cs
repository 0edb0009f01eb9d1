using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using McpProbe.Testing;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace McpProbe.Infra.Tests.Packages;

/// <summary>The Kubernetes manifests, ours and those of the recipes, held to the types that Kubernetes publishes of its objects.</summary>
public sealed partial class ManifestTests : IDisposable
{
    private const string Folder = "samples/kubernetes";
    private const string Checker = "tests/manifests/node_modules";
    private readonly TempDirectory _work = new();

    public void Dispose() => _work.Dispose();

    [Fact]
    public async Task Kustomization_Builds_AndHoldsEveryKind()
    {
        var objects = await BuiltAsync();

        Assert.Equal(
            ["ConfigMap", "Deployment", "Namespace", "NetworkPolicy", "PersistentVolumeClaim", "PodDisruptionBudget", "Secret", "Service"],
            objects.Select(each => each.Text("kind")).Order(StringComparer.Ordinal));
        var pod = objects.Single(each => each.Text("kind") == "Deployment")["spec"]!["template"]!["spec"]!;
        var container = pod["containers"]!.AsArray().Single()!;
        Assert.All(["startupProbe", "readinessProbe", "livenessProbe"], probe => Assert.NotNull(container[probe]));
        // What it refers to is there.
        var names = objects.Select(each => each["metadata"]!.Text("name")).ToList();
        Assert.Contains(container["envFrom"]![0]!["secretRef"]!.Text("name"), names);
        Assert.Contains(pod["volumes"]![0]!["persistentVolumeClaim"]!.Text("claimName"), names);
        Assert.Contains(pod["volumes"]![1]!["configMap"]!.Text("name"), names);
        // The image is that of the release.
        Assert.EndsWith($"mcpprobe-server:{await VersionAsync()}", container.Text("image"), StringComparison.Ordinal);
        // A key that everybody knows is worse than none: without one the server does not start.
        Assert.Equal("", objects.Single(each => each.Text("kind") == "Secret")["data"]!.Text("MCPPROBE_API_KEY"));
    }

    [Fact]
    public async Task Objects_FitTheTypesOfKubernetes()
    {
        var objects = (await BuiltAsync()).Concat(Recipes()).ToList();
        Assert.True(objects.Count > 9);

        Assert.Equal("", await MistakesAsync(objects));
    }

    [Theory]
    [InlineData("replicas", "replica")]
    [InlineData("periodSeconds: 2", "periodSeconds: soon")]
    [InlineData("readOnlyRootFilesystem", "readonlyRootFilesystem")]
    [InlineData("containerPort: 8080", "port: 8080")]
    public async Task Objects_WithAMistake_DoNotFit(string right, string wrong)
    {
        var text = await Repository.ReadAsync($"{Folder}/deployment.yaml");
        Assert.Contains(right, text, StringComparison.Ordinal);

        Assert.NotEqual("", await MistakesAsync(Documents(text.Replace(right, wrong, StringComparison.Ordinal))));
    }

    /// <summary>What Compose mounts is there, and its images have a version.</summary>
    [Fact]
    public async Task Compose_FilesAndImages_AreThere()
    {
        var compose = Documents(await Repository.ReadAsync("samples/compose/compose.yaml")).Single();
        foreach (var (name, service) in compose["services"]!.AsObject())
        {
            Assert.Matches("^[a-zA-Z./-]+:v?[0-9]+\\.[0-9]+\\.[0-9]+$", service!.Text("image"));
            foreach (var volume in service!["volumes"]!.AsArray().Select(each => each!.GetValue<string>()).Where(each => each.StartsWith('.')))
                Assert.True(File.Exists(Path.Combine(Repository.File("samples/compose"), volume.Split(':')[0])), $"{name}: {volume}");
        }

        Assert.EndsWith($"mcpprobe-server:{await VersionAsync()}", compose["services"]!["mcpprobe"]!.Text("image"), StringComparison.Ordinal);
        Assert.All(["prometheus.yml", "grafana/datasource.yaml", "grafana/dashboards.yaml", "probes.yaml"], file =>
            Assert.NotEmpty(Documents(File.ReadAllText(Repository.File($"samples/compose/{file}")))));
    }

    private static async Task<string> VersionAsync() =>
        VersionOf().Match(await Repository.ReadAsync("Directory.Build.props")).Groups[1].Value;

    /// <summary>As kubectl builds it; where there is no kubectl, its files and what its generators are to make.</summary>
    private static async Task<IReadOnlyList<JsonNode>> BuiltAsync()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/kubectl") || File.Exists("/usr/local/bin/kubectl"), "kubectl is not installed here: the kustomization is not built.");
        var built = await Command.RunAsync("kubectl", ["kustomize", Folder]);
        Assert.Equal((0, ""), (built.ExitCode, built.Error));
        return Documents(built.Output);
    }

    /// <summary>The whole objects of the recipes, and the pod specifications of those that show no more.</summary>
    private static IEnumerable<JsonNode> Recipes() =>
        from file in Directory.EnumerateFiles(Repository.File("docs/recipes"), "*.md")
        from Match block in YamlBlock().Matches(File.ReadAllText(file))
        where block.Value.Contains("containers:", StringComparison.Ordinal) || block.Value.Contains("apiVersion:", StringComparison.Ordinal)
        from document in Documents(block.Groups[1].Value)
        where document["kind"] is not null || document["spec"]?["containers"] is not null
        select document;

    private async Task<string> MistakesAsync(IReadOnlyList<JsonNode> objects)
    {
        Assert.SkipUnless(Directory.Exists(Repository.File(Checker)), "tests/manifests is not installed: run npm ci --ignore-scripts in it.");
        var program = objects.Select((each, index) =>
        {
            var (version, kind) = each["kind"] is null ? ("v1", "Pod") : (each.Text("apiVersion"), each.Text("kind"));
            var module = version.Contains('/', StringComparison.Ordinal) ? version.Replace(".k8s.io", "", StringComparison.Ordinal) : $"core/{version}";
            return $"import type {{ {kind} as K{index} }} from 'kubernetes-types/{module}';\nexport const o{index}: K{index} = {each.ToJsonString()};\n";
        });
        await File.WriteAllTextAsync(_work.File("objects.ts"), string.Concat(program), TestContext.Current.CancellationToken);
        if (!Directory.Exists(_work.File("node_modules")))
            Directory.CreateSymbolicLink(_work.File("node_modules"), Repository.File(Checker));
        var checkedBy = await Command.RunAsync(
            "node", [Repository.File($"{Checker}/typescript/bin/tsc"), "--noEmit", "--strict", "--skipLibCheck", "--module", "preserve", "--moduleResolution", "bundler", _work.File("objects.ts")]);
        return checkedBy.Output + checkedBy.Error;
    }

    private static IReadOnlyList<JsonNode> Documents(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        return [.. stream.Documents.Select(document => Node(document.RootNode)!)];

        static JsonNode? Node(YamlNode node) => node switch
        {
            YamlMappingNode map => new JsonObject(map.Children.Select(child => KeyValuePair.Create(child.Key.ToString(), Node(child.Value)))),
            YamlSequenceNode list => new JsonArray([.. list.Select(Node)]),
            YamlScalarNode { Style: ScalarStyle.Plain, Value: "true" or "false" } flag => JsonValue.Create(flag.Value == "true"),
            YamlScalarNode { Style: ScalarStyle.Plain } scalar when long.TryParse(scalar.Value, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
            YamlScalarNode { Style: ScalarStyle.Plain, Value: "" } => null,
            YamlScalarNode scalar => JsonValue.Create(scalar.Value),
            _ => throw new NotSupportedException(node.NodeType.ToString()),
        };
    }

    [GeneratedRegex("<Version>(.*)</Version>")]
    private static partial Regex VersionOf();

    [GeneratedRegex("```yaml\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex YamlBlock();
}
