using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Testing;

namespace McpProbe.Tests.Probing.Hostile;

/// <summary>Not beside other tests: each scenario's verdict is due within a bound of real time, which a busy machine would exceed for us.</summary>
[CollectionDefinition(nameof(HostileServers), DisableParallelization = true)]
public sealed class HostileServersAlone;

[Collection(nameof(HostileServers))]
public sealed class HostileServerTests(HostileServers servers) : IClassFixture<HostileServers>
{
    /// <summary>DESIGN, Budgets: the verdict is there within the deadline and 2 s.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    public static TheoryData<string> Names => [.. Scenarios.All("http://other.test").Select(scenario => scenario.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Probe_HostileServer_HasItsVerdictInTimeAndHarmsNobody(string name)
    {
        var run = await servers.RunOf(name);
        var (scenario, result) = (run.Scenario, run.Result);
        var story = string.Join('\n', result.Log);

        Assert.True(scenario.Kind == result.Failure?.Kind, $"{result.Failure}\n{story}");
        Assert.True(result.Failure?.Phase == scenario.Phase || result.Failure?.Phase == scenario.OrPhase, $"{result.Failure}\n{story}");
        Assert.Contains(scenario.Says, result.Failure?.Message ?? "", StringComparison.Ordinal);
        Assert.True(run.Elapsed <= scenario.Timeout + Grace, $"{run.Elapsed} of {scenario.Timeout}\n{story}");

        // A reader of any failure gets a sentence, and nobody our secrets.
        if (result.Failure is { } failure)
            Assert.Matches("^[^\\p{Cc}]{20,400}\\.$", failure.Message);
        var kept = JsonSerializer.Serialize(result, EngineJson.Default.ProbeResult) + story + result.Failure?.Challenge
            + result.Snapshot?.Server.Name + result.Snapshot?.Server.Version + result.Snapshot?.Server.Instructions
            + Encoding.UTF8.GetString(result.Snapshot?.Catalog.Canonical.ToArray() ?? []) + string.Join(' ', result.Snapshot?.Catalog.ToolNames ?? []);
        Assert.DoesNotContain(HostileServers.Secret, kept, StringComparison.Ordinal);
        Assert.InRange(kept.Length - (result.Snapshot?.Catalog.Canonical.Length ?? 0), 0, 64 * 1024);
    }

    [Fact]
    public async Task Probe_HostileServers_NothingReachesAnotherOrigin()
    {
        await servers.AllDone;

        Assert.Equal((0, 0), (servers.Other.Accepted, servers.Other.Requests.Count));
    }

    [Fact]
    public async Task Probe_AfterEachHostileServer_IsRight()
    {
        await servers.AllDone;

        Assert.Equal(Names.Count, servers.AfterEach.Count);
        Assert.All(servers.AfterEach, after => Assert.Equal((Verdict.Healthy, servers.AfterEach.First().Catalog!.Hash), (after.Verdict, after.Catalog?.Hash)));
    }

    [Fact]
    public async Task Probe_StdioCommands_LeaveNoProcessBehind()
    {
        await servers.AllDone;

        // A process that was killed is still there for a moment.
        await Eventually.TrueAsync(
            () => !Directory.EnumerateDirectories("/proc").Select(CommandLine).Any(line => line.StartsWith(Scenarios.Sleep.Replace(' ', '\0'), StringComparison.Ordinal)),
            $"no '{Scenarios.Sleep}' is left");

        static string CommandLine(string process)
        {
            try
            {
                return File.ReadAllText(Path.Combine(process, "cmdline"));
            }
            catch (Exception ended) when (ended is IOException or UnauthorizedAccessException)
            {
                return "";
            }
        }
    }
}

/// <summary>Runs all scenarios, some at a time, with one prober, which probes a good server after each.</summary>
public sealed class HostileServers : IAsyncLifetime
{
    internal const string Secret = "s3cret+/token\"of\\ours";

    private const int AtOnce = 6;

    private readonly Dictionary<string, Task<Run>> _runs = [];
    private readonly SemaphoreSlim _turns = new(AtOnce);
    private readonly RawServer _good = RawServer.Start(Scenarios.StatelessAsync);

    internal RawServer Other { get; } = RawServer.Start(exchange => exchange.AnswerAsync(200));

    internal ConcurrentBag<ProbeResult> AfterEach { get; } = [];

    internal Task AllDone => Task.WhenAll(_runs.Values);

    internal Task<Run> RunOf(string name) => _runs[name];

    public ValueTask InitializeAsync()
    {
        foreach (var scenario in Scenarios.All($"http://127.0.0.1:{Other.Port}"))
            _runs.Add(scenario.Name, RunAsync(scenario));
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_runs.Values);
        await _good.DisposeAsync();
        await Other.DisposeAsync();
        _turns.Dispose();
    }

    private async Task<Run> RunAsync(Scenario scenario)
    {
        await _turns.WaitAsync();
        try
        {
            using var certificate = scenario.Certificate is { } fault ? Certificate(fault) : null;
            await using var server = RawServer.Start(scenario.Serve, certificate, scenario.OnConnect);
            var endpoint = scenario.Endpoint(new Endpoint
            {
                Id = "hostile",
                Url = new Uri($"{(certificate is null ? "http" : "https")}://127.0.0.1:{server.Port}/mcp"),
                Timeout = scenario.Timeout,
                // Few of them list tools that a client could use, which is not what they are about.
                Conditions = new() { ToolsUsable = false },
                Bearer = "${env:TOKEN}",
                Headers = new Dictionary<string, string> { ["X-Api-Key"] = "${env:KEY}" },
            });
            var prober = new McpProber(scenario.Options(new ProberOptions { Secrets = _ => Secret }), TimeProvider.System);

            var started = TimeProvider.System.GetTimestamp();
            var result = await prober.ProbeAsync(endpoint, CancellationToken.None);
            var elapsed = TimeProvider.System.GetElapsedTime(started);

            // By the address, for a scenario may have made names lead astray.
            AfterEach.Add(await prober.ProbeAsync(
                new Endpoint { Id = "good", Url = new Uri($"http://127.0.0.1:{_good.Port}/mcp"), Timeout = Scenario.Ample }, CancellationToken.None));
            return new Run(scenario, result, elapsed);
        }
        finally
        {
            _turns.Release();
        }
    }

    private static X509Certificate2 Certificate(CertificateFault fault)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=hostile.test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (fault is CertificateFault.OtherHost)
            names.AddDnsName("other.test");
        else
            names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(Day("2020-01-01"), Day(fault is CertificateFault.Expired ? "2021-01-01" : "2045-01-01"));

        static DateTimeOffset Day(string text) => DateTimeOffset.Parse(text + "Z", CultureInfo.InvariantCulture);
    }

    internal sealed record Run(Scenario Scenario, ProbeResult Result, TimeSpan Elapsed);
}
