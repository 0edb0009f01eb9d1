using System.CommandLine;
using McpProbe.CrashTest.Azure;
using McpProbe.CrashTest.OneMachine;
using McpProbe.CrashTest.Soak;

namespace McpProbe.CrashTest;

/// <summary>
/// <c>dotnet run --project tests/McpProbe.CrashTest -- server|server-steps|azure|azure-steps [--long] [--seed N] [--kills N] [--every N]</c>:
/// or <c>soak [--minutes N | --long] [--seed N]</c>: exit code 0 when every true transition was alerted as promised, 1 when not.
/// </summary>
internal static class Program
{
    private static Task<int> Main(string[] args)
    {
        var root = new RootCommand("Kills McpProbe over and over, and compares what was alerted with what was true (docs/architecture.md, Delivery promises).")
        {
            Scenario("server", "Kills mcpprobe-server at random instants", ServerKills.RunAsync),
            Scenario("server-steps", "The one-machine head dies at every step of its I/O in turn", ServerSteps.RunAsync),
            Scenario("azure", "Kills the functions of the Azure head at random instants, over the emulator", AzureKills.RunAsync),
            Scenario("azure-steps", "The Azure head dies at every write, send and start of an orchestration in turn", AzureSteps.RunAsync),
            SoakRun.Command(),
            ServerHost.Command(),
            AzureHost.Command(),
            AzureStory.Command(),
        };
        // Who is asked to end first ends the processes that it started.
        return root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
    }

    private static Command Scenario(string name, string description, Func<CrashOptions, CancellationToken, Task<bool>> run)
    {
        var seed = new Option<int>("--seed") { HelpName = "N", Description = "Of everything random.", DefaultValueFactory = _ => 1 };
        var kills = new Option<int?>("--kills") { HelpName = "N", Description = "How often to kill, where the instants are random." };
        var every = new Option<int?>("--every") { HelpName = "N", Description = "Where the steps are gone through: only every Nth of them." };
        var isLong = new Option<bool>("--long") { Description = "At least 200 kills, and every step; without it a form of about 20 seconds." };
        var command = new Command(name, description) { seed, kills, every, isLong };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = new CrashOptions(
                parsed.GetValue(seed),
                parsed.GetValue(kills) ?? (parsed.GetValue(isLong) ? 220 : 12),
                parsed.GetValue(every) ?? (parsed.GetValue(isLong) ? 1 : 9));
            return await run(options, cancellationToken) ? 0 : 1;
        });
        return command;
    }
}

/// <param name="Kills">At random instants.</param>
/// <param name="Every">Goes through every Nth step.</param>
internal sealed record CrashOptions(int Seed, int Kills, int Every);
