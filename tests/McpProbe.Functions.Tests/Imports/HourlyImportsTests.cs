using McpProbe.Functions.Tests.Storage;
using McpProbe.Functions.Uptime;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace McpProbe.Functions.Tests.Imports;

/// <summary>The hour's work reads the registries of the app settings, over Table Storage.</summary>
public class HourlyImportsTests(Emulators emulators)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RollUp_WithImports_WatchesWhatIsListedAndArchivesWhatIsNot()
    {
        var listed = Of("a", "b");
        await using var registry = await StubServer.StartAsync(context =>
        {
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync(listed);
        });
        var account = await emulators.NewAccountAsync();
        var setting = $$"""[{"source":"official","name":"reg","url":"{{registry.Url}}","group":"registry","activate":true,"contact":"ops@example.com"}]""";
        await using (var head = await Head.StartAsync(account, null, ("Imports", setting)))
        {
            await RunHourAsync(head);
            Assert.Equal("a import, b import", await StateAsync(head));

            listed = "<html>";
            await RunHourAsync(head);
            Assert.Equal("a import, b import", await StateAsync(head));

            listed = Of("b");
            await RunHourAsync(head);
            Assert.Equal("a archived paused, b import", await StateAsync(head));
        }

        await using var without = await Head.StartAsync(account);
        await RunHourAsync(without);
        Assert.Equal("a archived paused, b archived paused", await StateAsync(without));
    }

    private static Task RunHourAsync(Head head)
    {
        var courier = new Courier(head, TimeProvider.System);
        return head.InvokeAsync<RollUp>(rollUp => rollUp.RunAsync(new TimerInfo(), courier.Client, Cancellation));
    }

    private static async Task<string> StateAsync(Head head) => string.Join(", ", (await head.Store.ListEndpointsAsync(Cancellation))
        .Select(each => $"{each.Endpoint.Id[^1]} {each.Source.ToString().ToLowerInvariant()}{(each.Endpoint.Paused ? " paused" : "")}"));

    private static string Of(params string[] names) =>
        $$"""{"servers":[{{string.Join(',', names.Select(name => $$$"""{"server":{"name":"com.example/{{{name}}}","version":"1","remotes":[{"type":"streamable-http","url":"https://{{{name}}}.example.com/mcp"}]}}"""))}}]}""";
}
