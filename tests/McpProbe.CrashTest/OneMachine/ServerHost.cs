using System.CommandLine;
using McpProbe.Alerts.Senders;
using McpProbe.Configuration;
using McpProbe.Monitoring;
using McpProbe.Server;
using McpProbe.Server.Storage;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace McpProbe.CrashTest.OneMachine;

/// <summary>The child of <see cref="ServerSteps"/>: the one-machine head as it is put together, on a fast clock, that dies at one step of its I/O.</summary>
internal static class ServerHost
{
    public const string Name = "server-child";
    public const string SecretVariable = "CRASH_TEST_SECRET";
    public const string ReadyLine = "The page: ";

    public static Command Command()
    {
        var probes = new Option<string>("--probes") { Required = true };
        var data = new Option<string>("--data") { Required = true };
        var diesAt = new Option<int>("--dies-at");
        var origin = new Option<long>("--origin") { Required = true };
        var speed = new Option<int>("--speed") { Required = true };
        var command = new Command(Name) { probes, data, diesAt, origin, speed };
        command.Hidden = true;
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(probes), parsed.GetRequiredValue(data), new Steps(parsed.GetValue(diesAt)),
            new FastClock(new DateTimeOffset(parsed.GetValue(origin), TimeSpan.Zero), parsed.GetValue(speed)), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string probes, string data, Steps steps, TimeProvider time, CancellationToken cancellationToken)
    {
        var document = (await ProbesFile.ReadAsync(probes, cancellationToken)).Value
            ?? throw new CrashTestException($"{probes} has mistakes");
        using var directory = DataDirectory.Open(data);
        await using var store = SqliteStore.Open(directory, time, commit =>
        {
            steps.Pass("before a commit");
            commit();
            steps.Pass("after a commit");
        });
        await using var app = MonitorHost.Build(
            new ServerOptions { Probes = probes, Data = data, Urls = ["http://127.0.0.1:0"] }, document, store, time,
            services => services.AddSingleton(provider => CountedSends.Around(provider.GetRequiredService<ChannelSender>(), steps)));
        await app.Services.GetRequiredService<EndpointRegistry>().SynchronizeAsync(document, cancellationToken);
        await app.StartAsync(cancellationToken);
        await Console.Out.WriteLineAsync(ReadyLine + app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        await app.WaitForShutdownAsync(cancellationToken);
        return 0;
    }
}
