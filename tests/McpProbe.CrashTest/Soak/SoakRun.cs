using System.CommandLine;

namespace McpProbe.CrashTest.Soak;

/// <summary>Both heads with a fleet each, at once, on a bad day.</summary>
internal static class SoakRun
{
    public static Command Command()
    {
        var minutes = new Option<int?>("--minutes") { HelpName = "N", Description = "How long the faults go on; some six minutes come on top, until all is seen once at the start, and until all is settled at the end." };
        var isLong = new Option<bool>("--long") { Description = "110 minutes, which makes two hours in all; without it ten minutes." };
        var seed = new Option<int>("--seed") { HelpName = "N", Description = "Of everything random.", DefaultValueFactory = _ => 1 };
        var endpoints = new Option<int>("--endpoints") { HelpName = "N", Description = "On one machine; 0 leaves it out.", DefaultValueFactory = _ => 2000 };
        var azure = new Option<int>("--azure-endpoints") { HelpName = "N", Description = "On the Azure head; 0 leaves it out.", DefaultValueFactory = _ => 100 };
        var command = new Command("soak", "Fleets on both heads through kills, full disks, set clocks, a store that comes and goes, and servers that fail in every way") { minutes, isLong, seed, endpoints, azure };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var time = TimeSpan.FromMinutes(parsed.GetValue(minutes) ?? (parsed.GetValue(isLong) ? 110 : 10));
            var options = new SoakOptions(time, parsed.GetValue(seed), parsed.GetValue(endpoints), parsed.GetValue(azure));
            var heads = new List<Task<bool>>();
            if (options.Endpoints > 0)
                heads.Add(OneMachineSoak.RunAsync(options, cancellationToken));
            if (options.AzureEndpoints > 0)
                heads.Add(AzureSoak.RunAsync(options, cancellationToken));
            return (await Task.WhenAll(heads)).All(promised => promised) ? 0 : 1;
        });
        return command;
    }
}
