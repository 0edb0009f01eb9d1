using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace McpProbe.Server.Tests;

/// <summary>The command lines that the packages start the server with are ones that it understands: nobody sees them before they are installed.</summary>
public sealed partial class PackagedOptionsTests
{
    public static TheoryData<string> Places => ["compose", "kubernetes", "container", "unit", "unit with the sample environment"];

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Options_AsPackaged_AreUnderstood(string place)
    {
        var words = await WordsAsync(place);

        var options = await ReadAsync(words);

        Assert.Contains(options.Data, (string[])["/data", "/var/lib/mcpprobe"]);
        if (place != "container")
            Assert.Equal("/etc/mcpprobe/probes.yaml", options.Probes);
        if (place != "unit")
            Assert.Equal(["http://0.0.0.0:8080"], options.Urls);
        Assert.Equal(place is "kubernetes" or "unit with the sample environment", options.Log.Json);
    }

    /// <summary>The options of the log are understood where the others are.</summary>
    [Theory]
    [MemberData(nameof(Places))]
    public async Task Log_AddedToThem_IsUnderstood(string place)
    {
        var options = await ReadAsync([.. (await WordsAsync(place)).Where(word => word is not ("--log-format" or "json")), "--log-format", "json", "--log-level", "warning"]);

        Assert.Equal(new LogOptions(Json: true, Microsoft.Extensions.Logging.LogLevel.Warning), options.Log);
    }

    private static async Task<ServerOptions> ReadAsync(string[] words)
    {
        ServerOptions? read = null;
        var said = new StringWriter();
        var code = await ServerCommand.InvokeAsync(
            words,
            // Each of them is with a key where others may connect.
            name => name == "MCPPROBE_API_KEY" ? "a key that is long enough" : null,
            (options, _) =>
            {
                read = options;
                return Task.FromResult(0);
            },
            said);
        Assert.Equal((0, ""), (code, said.ToString()));
        return read!;
    }

    private static async Task<string[]> WordsAsync(string place)
    {
        switch (place)
        {
            case "compose":
                return Strings((await YamlAsync("samples/compose/compose.yaml"))["services"]["mcpprobe"]["command"]);
            case "kubernetes":
                return Strings((await YamlAsync("samples/kubernetes/deployment.yaml"))["spec"]["template"]["spec"]["containers"][0]["args"]);
            case "container":
                return Strings(Yaml(Command().Match(await TextAsync("containers/mcpprobe-server/Containerfile")).Groups[1].Value));
            default:
                // As systemd parts them: an unquoted variable is its words.
                var unit = await TextAsync("packaging/systemd/mcpprobe-server.service");
                var arguments = Arguments().Match(place == "unit" ? unit : await TextAsync("packaging/debian/environment")).Groups[1].Value;
                Assert.NotEqual("", arguments);
                return [.. Start().Match(unit).Groups[1].Value.Replace("$MCPPROBE_ARGS", arguments, StringComparison.Ordinal).Split(' ')];
        }
    }

    private static string[] Strings(YamlNode list) => [.. ((YamlSequenceNode)list).Select(each => each.ToString())];

    private static async Task<YamlNode> YamlAsync(string file) => Yaml(await TextAsync(file));

    private static YamlNode Yaml(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return stream.Documents[0].RootNode;
    }

    private static Task<string> TextAsync(string file)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root!.FullName, "McpProbeFunctions.sln")))
            root = root.Parent;
        return File.ReadAllTextAsync(Path.Combine(root.FullName, file), TestContext.Current.CancellationToken);
    }

    [GeneratedRegex("^CMD (\\[.*\\])$", RegexOptions.Multiline)]
    private static partial Regex Command();

    [GeneratedRegex("MCPPROBE_ARGS=\"(.*)\"")]
    private static partial Regex Arguments();

    [GeneratedRegex("^ExecStart=/usr/bin/mcpprobe-server (.*)$", RegexOptions.Multiline)]
    private static partial Regex Start();
}
