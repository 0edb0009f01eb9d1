using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Azure.Storage.Queues;
using Cronos;
using McpProbe.Functions.Probing;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Tests.Storage;
using McpProbe.Testing;
using Microsoft.Azure.Functions.Worker;

namespace McpProbe.Functions.Tests;

/// <summary>
/// docs/azure-local.md, followed from nothing: its commands and its settings, on an emulator that begins empty. Only the host is not
/// there: the test does what <c>func</c> would, with what host.json and the settings say.
/// </summary>
public partial class AzureLocalGuideTests
{
    private static readonly string Guide = File.ReadAllText(Repository.PathOf("docs", "azure-local.md"));

    /// <summary>Every command of the guide's steps, continued lines joined.</summary>
    private static readonly string[] Commands =
    [
        .. ShellBlock().Matches(Guide).SelectMany(block => block.Groups[1].Value.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n'))
            .Select(line => line.Trim()).Where(line => line.Length > 0),
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Guide_FollowedOnAnEmptyEmulator_ProbesHappen()
    {
        // 1: the emulator, as the guide starts it, but on free ports.
        var emulator = Words(Command("npx azurite@"));
        Assert.Equal(Pinned("azurite"), emulator[1].Split('@')[1]);
        await using var azurite = await Azurite.StartAsync(emulator[2..]);

        // 2 and 3: the settings, and what the host finds beside them.
        var copy = Words(Command("cp "));
        var settings = Settings(Repository.PathOf(copy[1]));
        Assert.Equal("local.settings.json", copy[2]);
        var project = Repository.PathOf(Words(Command("dotnet build"))[2]);
        Assert.True(File.Exists(Path.Combine(project, "McpProbe.Functions.csproj")));
        Assert.Contains("../../local.settings.json", File.ReadAllText(Path.Combine(project, "McpProbe.Functions.csproj")), StringComparison.Ordinal);
        Assert.StartsWith(Path.Combine("src", "McpProbe.Functions", "bin"), Words(Command("cd "))[1], StringComparison.Ordinal);
        Assert.Equal("UseDevelopmentStorage=true", settings["Store"]);
        await using var head = await Head.BeginAsync(
            azurite.DevelopmentAccount().ConnectionString, null, null, _ => { }, [.. settings.Where(each => each.Key != "Store").Select(each => (each.Key, each.Value))]);
        await head.Opening.WaitAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Cancellation);
        var courier = new Courier(head, TimeProvider.System);

        // 4: the server.
        Assert.Contains($"@modelcontextprotocol/server-everything@{Pinned("@modelcontextprotocol/server-everything")} streamableHttp", Command("PORT="), StringComparison.Ordinal);
        await using var server = await RealServers.StartAsync("everything");

        // 5: the endpoint.
        var (method, path, key, body) = Request(Command("curl -X PUT"));
        var put = await head.SendAsync(courier.Client, method, path, body!.Replace(":3001/", $":{server.Url.Port}/", StringComparison.Ordinal), key);
        Assert.Equal(201, put.Status);

        // What the host does with the timer and the queue that the settings name, until there is a result.
        var ticks = CronExpression.Parse(settings["ProbeSchedule"], CronFormat.IncludeSeconds);
        Assert.True(ticks.GetNextOccurrence(TimeProvider.System.GetUtcNow(), TimeZoneInfo.Utc) - TimeProvider.System.GetUtcNow() <= TimeSpan.FromSeconds(30));
        await head.InvokeAsync<ScheduleProbes>(schedule => schedule.RunAsync(new TimerInfo(), Cancellation));
        var start = TimeProvider.System.GetTimestamp();
        var queue = new QueueServiceClient(azurite.DevelopmentAccount().ConnectionString).GetQueueClient(settings["ProbeQueue"]);
        var message = await ReceiveAsync(queue);
        await head.InvokeAsync<ProbeEndpoints>(probe => probe.RunAsync(message, courier.Client, Cancellation));
        // A tick comes within 30 s, and the guide says a minute.
        Assert.InRange(TimeProvider.System.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(45));

        // 6: what there is to see.
        var (_, healthPath, _, _) = Request(Commands.Single(command => command.StartsWith("curl http", StringComparison.Ordinal)));
        Assert.Equal((200, """{"status":"ok"}"""), await GetAsync(head, courier, healthPath, null));
        var (_, resultsPath, resultsKey, _) = Request(Command("curl -H"));
        var (status, results) = await GetAsync(head, courier, resultsPath, resultsKey);
        Assert.Equal(200, status);
        var shown = JsonDocument.Parse(results).RootElement.GetProperty("results");
        Assert.Equal("healthy", Assert.Single(shown.EnumerateArray()).GetProperty("result").GetProperty("verdict").GetString());
    }

    // The guide's text on mistakes is what the head writes.
    [Fact]
    public void Guide_OnMistakes_ShowsWhatIsWritten()
    {
        var settings = Settings(Repository.PathOf("samples", "local.settings.json"));
        settings.Remove("ProbeQueue");
        settings["Shards"] = "four";

        var wrong = Assert.Throws<SettingsException>(() => CompleteSettings.Read(settings.ToDictionary(each => each.Key, each => (string?)each.Value)));

        Assert.Contains($"```\n{wrong.Message}\n```", Guide, StringComparison.Ordinal);
    }

    [Fact]
    public void Guide_OnSettings_NamesThoseThatTheHeadReads()
    {
        var known = typeof(AppSettings).GetFields().Select(field => (string)field.GetRawConstantValue()!).ToList();
        var table = Guide[Guide.IndexOf("| Setting | Meaning |", StringComparison.Ordinal)..];

        // Telemetry is the platform's own setting.
        Assert.All(known.Except([AppSettings.Telemetry]), name => Assert.Contains($"`{name}", table, StringComparison.Ordinal));
        Assert.DoesNotContain("TaskHub", Guide, StringComparison.Ordinal);
    }

    private static async Task<Azure.Storage.Queues.Models.QueueMessage> ReceiveAsync(QueueClient queue)
    {
        Azure.Storage.Queues.Models.QueueMessage? message = null;
        await Eventually.TrueAsync(
            async () => (message = await queue.ReceiveMessageAsync(cancellationToken: Cancellation)) is not null, "a message for the first slot", TimeSpan.FromSeconds(60));
        return message!;
    }

    private static async Task<(int Status, string Body)> GetAsync(Head head, Courier courier, string path, string? key)
    {
        var (status, body, _) = await head.SendAsync(courier.Client, "GET", path, key: key);
        return (status, body);
    }

    private static string Command(string begins) => Commands.Single(command => command.StartsWith(begins, StringComparison.Ordinal));

    private static string[] Words(string command) => command.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static (string Method, string Path, string? Key, string? Body) Request(string curl)
    {
        var url = new Uri(Url().Match(curl).Value.TrimEnd('\''));
        Assert.Equal("http://localhost:7071", url.GetLeftPart(UriPartial.Authority));
        return (
            Method().Match(curl) is { Success: true } method ? method.Groups[1].Value : "GET",
            url.AbsolutePath,
            Bearer().Match(curl) is { Success: true } key ? key.Groups[1].Value : null,
            Body().Match(curl) is { Success: true } body ? body.Groups[1].Value : null);
    }

    private static Dictionary<string, string> Settings(string path) => JsonNode.Parse(File.ReadAllText(path))!["Values"]!.AsObject()
        .ToDictionary(value => value.Key, value => (string)value.Value!);

    private static string Pinned(string package) =>
        (string)JsonNode.Parse(File.ReadAllText(Repository.PathOf("tests", "servers", "package.json")))!["dependencies"]![package]!;

    [GeneratedRegex(@"```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex ShellBlock();

    [GeneratedRegex(@"http://localhost\S+")]
    private static partial Regex Url();

    [GeneratedRegex(@"-X (\w+)")]
    private static partial Regex Method();

    [GeneratedRegex(@"Bearer ([^']+)'")]
    private static partial Regex Bearer();

    [GeneratedRegex(@"-d '([^']+)'")]
    private static partial Regex Body();
}
