using McpProbe.Bench;

// Each benchmark prints one table: ours, the peer measured in the same run, and the budget.
var benchmarks = new Dictionary<string, Func<Report, Task>>
{
    ["throughput"] = Throughput.RunAsync,
    ["alloc"] = Allocation.RunAsync,
    ["oneshot"] = OneShot.RunAsync,
    ["blackbox"] = BlackboxExporter.RunAsync,
};

if (args is ["serve"])
{
    await StubServer.RunAsync();
    return 0;
}

if (args is ["loop", var path])
{
    await Throughput.LoopAsync(path);
    return 0;
}

if (args is ["scale" or "scale-own" or "scale-peers", .. var numbers])
{
    var scale = new Report();
    int[] steps = [.. numbers.Select(int.Parse)];
    try
    {
        // The slots of one minute after the start's; those of the next are still open at the end.
        await (args[0] == "scale-peers" ? ScalePeers.RunAsync(steps, minutes: 2) : Scale.RunAsync(scale, steps, minutes: 2, own: args[0] == "scale-own"));
    }
    catch (MissingPeerException missing)
    {
        scale.Skip(args[0], missing.Message);
    }
    return scale.Missed ? 1 : 0;
}

string[] chosen = args is ["all"] ? [.. benchmarks.Keys] : args;
if (chosen.Length == 0 || chosen.Except(benchmarks.Keys).Any())
{
    await Console.Error.WriteLineAsync($"Name what to measure: {string.Join(", ", benchmarks.Keys)}, or all.");
    return 2;
}

var report = new Report();
foreach (var name in chosen)
{
    try
    {
        await benchmarks[name](report);
    }
    catch (MissingPeerException missing)
    {
        report.Skip(name, missing.Message);
    }
}

return report.Missed ? 1 : 0;
