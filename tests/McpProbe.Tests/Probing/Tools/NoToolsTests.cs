using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Testing;
using static McpProbe.Tests.Probing.StubMcp;

namespace McpProbe.Tests.Probing.Tools;

/// <summary>No tools is a choice: a server that offers only resources or prompts says so in one of several ways.</summary>
public class NoToolsTests
{
    private static readonly McpProber Prober = new(new ProberOptions(), TimeProvider.System);

    private static CancellationToken TestToken => TestContext.Current.CancellationToken;

    // The era, the capabilities, the HTTP status of the answer to tools/list, its body; and whether the server chose to have no tools.
    public static TheoryData<Era, string, int, string, bool> Servers
    {
        get
        {
            const string Unknown = """{"jsonrpc":"2.0","id":$ID,"error":{"code":-32601,"message":"Method not found"}}""";
            const string Nothing = """{"jsonrpc":"2.0","id":$ID,"result":{"tools":[]}}""";
            var servers = new TheoryData<Era, string, int, string, bool>();
            foreach (var era in Enum.GetValues<Era>())
            {
                foreach (var capabilities in new[] { """{"resources":{}}""", """{"prompts":{"listChanged":true},"resources":{}}""", "{}", """{"tools":null,"prompts":{}}""" })
                {
                    servers.Add(era, capabilities, 200, Unknown, true);
                    servers.Add(era, capabilities, 404, Unknown, true);
                }

                servers.Add(era, """{"prompts":{}}""", 400, Unknown, true);
                servers.Add(era, """{"prompts":{}}""", 200, Nothing, true);
                servers.Add(era, """{"tools":{}}""", 200, Nothing, true);
                // Declared and not listed, or another error: broken.
                servers.Add(era, """{"tools":{}}""", 200, Unknown, false);
                servers.Add(era, """{"tools":{},"prompts":{}}""", 404, Unknown, false);
                servers.Add(era, """{"prompts":{}}""", 200, Unknown.Replace("-32601", "-32603", StringComparison.Ordinal), false);
                servers.Add(era, """{"prompts":{}}""", 404, "not here", false);
            }

            return servers;
        }
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task ProbeAsync_NoTools_IsHealthyWhereItIsAllowed(Era era, string capabilities, int status, string body, bool isChoice)
    {
        await using var stub = await StartAsync(call => call.Method switch
        {
            "tools/list" => new Answer(status, "application/json", body),
            "initialize" => Handshake(call) with { Body = Handshake(call).Body.Replace("""{"tools":{}}""", capabilities, StringComparison.Ordinal) },
            "server/discover" when era is Era.Stateless => Stateless(call) with { Body = Stateless(call).Body.Replace("""{"tools":{}}""", capabilities, StringComparison.Ordinal) },
            _ => era is Era.Stateless ? Stateless(call) : Handshake(call),
        });

        var plain = await Prober.ProbeAsync(stub.Endpoint(), TestToken);
        var allowed = await Prober.ProbeAsync(stub.Endpoint() with { Conditions = new() { AllowEmpty = true } }, TestToken);

        Assert.Equal(era, plain.Era);
        Assert.Equal(Verdict.Down, plain.Verdict);
        if (!isChoice)
        {
            Assert.NotEqual(FailureKind.EmptyCatalog, plain.Failure!.Kind);
            Assert.Equal((Verdict.Down, plain.Failure.Kind), (allowed.Verdict, allowed.Failure?.Kind));
            return;
        }

        Assert.Equal((FailureKind.EmptyCatalog, Phase.Catalog), (plain.Failure!.Kind, plain.Failure.Phase));
        Assert.Contains("allowEmpty, --allow-empty", plain.Failure.Message, StringComparison.Ordinal);
        Assert.Equal((Verdict.Healthy, 0), (allowed.Verdict, allowed.Catalog?.Tools));
    }

    // Whether it says so by an error or by an empty list is no change of the catalogue.
    [Fact]
    public async Task ProbeAsync_ErrorOrEmptyList_IsTheSameCatalog()
    {
        var isError = false;
        await using var stub = await StartAsync(call => call.Method == "tools/list" && !isError ? Answer.Result("""{"tools":[]}""")
            : call.Method == "initialize" ? Handshake(call) with { Body = Handshake(call).Body.Replace("\"tools\"", "\"prompts\"", StringComparison.Ordinal) }
            : call.Method == "tools/list" ? Answer.Error(-32601, "Method not found")
            : Handshake(call));
        var endpoint = stub.Endpoint() with { Conditions = new() { AllowEmpty = true } };

        var list = await Prober.ProbeAsync(endpoint, TestToken);
        isError = true;
        var error = await Prober.ProbeAsync(endpoint, TestToken);

        Assert.Equal(Verdict.Healthy, error.Verdict);
        Assert.Equal(list.Catalog, error.Catalog);
    }

    [Fact]
    public async Task ProbeAsync_RemovedToolsAndRequiredLists_AreJudgedAsEver()
    {
        await using var stub = await StartAsync(call => call.Method switch
        {
            "tools/list" => Answer.Error(-32601, "Method not found"),
            "resources/list" => Answer.Result("""{"resources":[]}"""),
            "initialize" => Handshake(call) with { Body = Handshake(call).Body.Replace("\"tools\"", "\"resources\"", StringComparison.Ordinal) },
            _ => Handshake(call),
        });

        var missing = await Prober.ProbeAsync(stub.Endpoint() with { Conditions = new() { AllowEmpty = true, RequireTools = ["echo"] } }, TestToken);
        var lists = await Prober.ProbeAsync(stub.Endpoint() with { Conditions = new() { AllowEmpty = true, RequireLists = [OtherList.Resources] } }, TestToken);

        Assert.Equal(FailureKind.MissingTool, missing.Failure?.Kind);
        Assert.Equal(Verdict.Healthy, lists.Verdict);
    }

    [Fact]
    public async Task ProbeAsync_Stdio_IsHealthyWhereItIsAllowed()
    {
        using var folder = new TempDirectory();
        var script = Path.Combine(folder.Path, "prompts-only.mjs");
        await File.WriteAllTextAsync(script, """
            import { createInterface } from 'node:readline';
            createInterface({ input: process.stdin }).on('line', line => {
              const { id, method } = JSON.parse(line);
              if (id === undefined) return;
              const answer = method === 'initialize'
                ? { result: { protocolVersion: '2025-11-25', capabilities: { prompts: {} }, serverInfo: { name: 'prompts', version: '1' } } }
                : { error: { code: -32601, message: 'Method not found' } };
              console.log(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
            });
            """, TestToken);
        var endpoint = new Endpoint { Id = "prompts", Command = ["node", script], Timeout = TimeSpan.FromSeconds(60) };

        var plain = await Prober.ProbeAsync(endpoint, TestToken);
        var allowed = await Prober.ProbeAsync(endpoint with { Conditions = new() { AllowEmpty = true } }, TestToken);

        Assert.Equal(FailureKind.EmptyCatalog, plain.Failure?.Kind);
        Assert.True(allowed.Verdict is Verdict.Healthy, $"{allowed.Failure}");
    }

    [Fact]
    public async Task AskAsync_LiveSession_GoesOnAsking()
    {
        await using var stub = await StartAsync(call => call.Method switch
        {
            "tools/list" => Answer.Error(-32601, "Method not found") with { Status = 404 },
            "initialize" => Handshake(call) with { Body = Handshake(call).Body.Replace("\"tools\"", "\"prompts\"", StringComparison.Ordinal) },
            _ => Handshake(call),
        });
        await using var session = new LiveSession(stub.Endpoint(), new ProberOptions(), TimeProvider.System);

        Assert.Equal(Verdict.Healthy, (await session.AskAsync(TestToken)).Verdict);
        Assert.Equal(Verdict.Healthy, (await session.AskAsync(TestToken)).Verdict);
        Assert.Equal(1, stub.Asked.Count(asked => asked == "POST initialize"));
    }
}
