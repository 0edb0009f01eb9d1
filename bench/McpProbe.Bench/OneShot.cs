namespace McpProbe.Bench;

/// <summary>One process, one check: the native <c>mcpprobe</c>, the guides' curl script, and the MCP Inspector's command line.</summary>
internal static class OneShot
{
    private const int Rounds = 50;
    private const double MiB = 1024 * 1024;

    private static string Executable => Environment.GetEnvironmentVariable("MCPPROBE_UNDER_TEST")
        ?? Path.Combine(Repository.Root, "artifacts", "native", "mcpprobe");

    private static string Inspector => Path.Combine(
        Repository.Root, "bench", "node_modules", "@modelcontextprotocol", "inspector", "cli", "build", "cli.js");

    public static async Task RunAsync(Report report)
    {
        if (!File.Exists(Executable))
            throw new MissingPeerException($"There is no {Executable}; publish it: dotnet publish src/McpProbe.Cli -c Release -r linux-x64 -o artifacts/native");
        if (!File.Exists(Inspector))
            throw new MissingPeerException("The MCP Inspector is not installed; run: npm ci --ignore-scripts --prefix bench");

        var (stub, url) = await ChildProcess.StartStubAsync();
        using var _ = stub;
        var target = $"{url}{StubServer.Handshake}/mcp";
        var script = Path.Combine(Repository.Root, "bench", "readiness.sh");
        Func<Task<TimeSpan>>[] commands =
        [
            () => ChildProcess.TimeAsync(Executable, "check", target),
            () => ChildProcess.TimeAsync(script, target),
            () => ChildProcess.TimeAsync("node", Inspector, "--cli", target, "--transport", "http", "--method", "tools/list"),
        ];

        foreach (var command in commands)
            await command();
        var measured = commands.Select(_ => new List<double>()).ToList();
        // Whoever comes after the other finds the processor's caches as that one left them, so they take turns; after the Inspector's
        // seven tenths of a second nobody does.
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var command in round % 2 == 0 ? new[] { 0, 1 } : [1, 0])
                measured[command].Add((await commands[command]()).TotalMilliseconds);
        }
        for (var round = 0; round < Rounds; round++)
            measured[2].Add((await commands[2]()).TotalMilliseconds);

        Report.Table($"One shot, wall time, {Rounds} rounds", "median ms", "fastest ms");
        Row("mcpprobe check: 5 requests", measured[0]);
        Row("curl and grep (bench/readiness.sh): 1 request", measured[1]);
        Row("MCP Inspector CLI, tools/list", measured[2]);
        var medians = measured.Select(samples => samples.Median()).ToList();
        report.Budget("wall time against the curl script", medians[0] / medians[1], 0.8);
        report.Budget("wall time against the MCP Inspector CLI", medians[0] / medians[2], 1 / 40.0);
        report.Budget("executable", new FileInfo(Executable).Length / MiB, 20, "MiB");
        report.Budget("peak memory", await PeakMemoryAsync($"{url}{StubServer.Lingering}/mcp") / MiB, 25, "MiB");

        void Row(string name, List<double> samples) =>
            Report.Row(name, Report.Number(samples.Median()), Report.Number(samples.Min()));
    }

    /// <summary>Looked at while the process waits for the answer to its last request.</summary>
    private static async Task<double> PeakMemoryAsync(string target)
    {
        using var check = ChildProcess.Start(Executable, "check", target);
        await Task.Delay(TimeSpan.FromMilliseconds(700), TimeProvider.System);
        return check.PeakMemory;
    }
}
