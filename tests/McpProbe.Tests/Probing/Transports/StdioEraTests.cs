using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;

namespace McpProbe.Tests.Probing.Transports;

/// <summary>Commands that do not survive, or do not answer, a first message other than <c>initialize</c>.</summary>
public sealed class StdioEraTests : IDisposable
{
    private readonly McpProber _prober = new(new ProberOptions(), TimeProvider.System);

    public void Dispose() => _prober.Dispose();

    private Task<ProbeResult> ProbeAsync(string whatElse, double seconds = 40, Era? known = null) => _prober.ProbeConfirmedAsync(
        new Endpoint
        {
            Id = "stdio",
            Command =
            [
                "node", "-e",
                $$"""
                const say = (id, body) => console.log(JSON.stringify({ jsonrpc: '2.0', id, ...body }));
                let first = true;
                const input = require('readline').createInterface({ input: process.stdin });
                input.on('line', line => {
                  const { id, method } = JSON.parse(line);
                  if (first && method !== 'initialize') { {{whatElse}} }
                  first = false;
                  if (method === 'initialize') say(id, { result: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'n', version: '1' } } });
                  if (method === 'tools/list') say(id, { result: { tools: [{ name: 'echo', inputSchema: { type: 'object' } }] } });
                });
                """,
            ],
            Timeout = TimeSpan.FromSeconds(seconds),
        },
        null, TestContext.Current.CancellationToken, known);

    private static void AssertHealthy(ProbeResult result)
    {
        Assert.True(result.Verdict is Verdict.Healthy, $"{result.Failure}\n{string.Join('\n', result.Log)}");
        Assert.Equal((Era.Handshake, "2025-06-18", 1), (result.Era, result.ProtocolVersion, result.Attempts));
        Assert.Equal(("interop-discover", "server/discover"), (Assert.Single(result.Findings).Rule, result.Findings[0].Path));
    }

    [Theory]
    [InlineData("process.exit(0);")]
    [InlineData("process.exit(1);")]
    [InlineData("process.exitCode = 3; throw new Error('initialize first');")]
    [InlineData("process.kill(process.pid, 'SIGKILL'); return;")]
    [InlineData("require('fs').closeSync(1); return;")]
    [InlineData("say(id, { error: { code: -32600, message: 'initialize first' } }); process.exitCode = 1; input.close(); process.stdin.destroy(); return;")]
    public async Task Probe_CommandThatEndsAtDiscover_IsStartedAgainAndFromThenOnInitializedFirst(string whatElse)
    {
        var first = await ProbeAsync(whatElse);
        var second = await ProbeAsync(whatElse);

        AssertHealthy(first);
        AssertHealthy(second);
        Assert.Equal(2, first.Log.Count(line => line.StartsWith("start node", StringComparison.Ordinal)));
        Assert.Equal(1, second.Log.Count(line => line.StartsWith("start node", StringComparison.Ordinal)));
        Assert.Equal(first.Findings, second.Findings);
    }

    [Fact]
    public async Task Probe_CommandThatReadsNoFurther_IsStartedBesideWhileThereIsTime()
    {
        const string StopsReading = "input.close(); setInterval(() => {}, 1000); return;";

        var first = await ProbeAsync(StopsReading, seconds: 12);
        var second = await ProbeAsync(StopsReading, seconds: 12);

        AssertHealthy(first);
        AssertHealthy(second);
        Assert.InRange(second.Timings.TotalMs, 0, 6_000);
    }

    [Fact]
    public async Task Probe_CommandKnownToBeStateless_IsNotStartedAgain()
    {
        var result = await ProbeAsync("process.exit(1);", known: Era.Stateless);

        Assert.Equal(FailureKind.ProcessExited, result.Failure?.Kind);
        // The watched probe's confirming attempt.
        Assert.Equal(2, result.Log.Count(line => line.StartsWith("start node", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("console.log('Listening on 3000'); return;", "had text that is no message ('Listening on 3000')")]
    [InlineData("process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: {} })); return;", "had text that no newline ends ('{\"jsonrpc\"")]
    public async Task Probe_TimeOutOfACommandThatWroteSomethingElse_SaysSo(string says, string message)
    {
        var result = await _prober.ProbeAsync(
            new Endpoint
            {
                Id = "stdio",
                Command = ["node", "-e", $"require('readline').createInterface({{ input: process.stdin }}).on('line', line => {{ const {{ id }} = JSON.parse(line); {says} }});"],
                Timeout = TimeSpan.FromSeconds(3),
            },
            TestContext.Current.CancellationToken);

        Assert.Equal((FailureKind.Timeout, Phase.Handshake), (result.Failure?.Kind, result.Failure?.Phase));
        Assert.Contains(message, result.Failure!.Message, StringComparison.Ordinal);
        Assert.Matches("^[^\\p{Cc}]{20,400}\\.$", result.Failure.Message);
    }
}
