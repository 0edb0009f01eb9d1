namespace McpProbe.Bench;

/// <summary>Bytes allocated by a warm probe of an unchanged catalogue of 10 tools, one probe after the other.</summary>
internal static class Allocation
{
    private const int Probes = 2_000;

    public static async Task RunAsync(Report report)
    {
        var (stub, url) = await ChildProcess.StartStubAsync();
        using var _ = stub;
        var (stateless, handshake) = (new Uri($"{url}{StubServer.Stateless}/mcp"), new Uri($"{url}{StubServer.Handshake}/mcp"));

        Report.Table($"Allocated a warm probe, KiB, mean of {Probes}", "stateless", "handshake");
        var kept = await MeasureAsync(() => new ProbeClient(stateless, keepAlive: true), client => client.ProbeAsync());
        Row("McpProbe, connections kept", kept,
            await MeasureAsync(() => new ProbeClient(handshake, keepAlive: true), client => client.ProbeAsync()));
        Row("McpProbe, connecting afresh",
            await MeasureAsync(() => new ProbeClient(stateless, keepAlive: false), client => client.ProbeAsync()),
            await MeasureAsync(() => new ProbeClient(handshake, keepAlive: false), client => client.ProbeAsync()));
        Row("plain HttpClient, the same requests",
            await MeasureAsync(() => new PlainClient(stateless), client => client.ProbeAsync()),
            await MeasureAsync(() => new PlainClient(handshake), client => client.ProbeAsync()));
        Row("official SDK client",
            await MeasureAsync(() => new SdkClient(stateless), client => client.ProbeAsync()),
            await MeasureAsync(() => new SdkClient(handshake), client => client.ProbeAsync()));
        report.Budget("allocated a warm probe", kept, 16, "KiB");

        void Row(string name, double first, double second) => Report.Row(name, Report.Number(first), Report.Number(second));
    }

    private static async Task<double> MeasureAsync<TClient>(Func<TClient> create, Func<TClient, Task> probe)
        where TClient : IDisposable
    {
        using var client = create();
        for (var i = 0; i < Probes / 4; i++)
            await probe(client);

        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var i = 0; i < Probes; i++)
            await probe(client);
        return (GC.GetTotalAllocatedBytes(precise: true) - before) / 1024.0 / Probes;
    }
}
