using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace McpProbe.Functions.Tests;

public class HeadLoggingTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Request_ToAnAspNetCoreApp_LeavesNoInformationOfTheFrameworks(bool filtered)
    {
        using var log = new KeptLog();
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders().AddProvider(log);
        // What any host's own configuration may ask for.
        builder.Logging.SetMinimumLevel(LogLevel.Information);
        if (filtered)
            builder.Logging.KeepToOurs();
        await using var app = builder.Build();
        app.MapGet("/", (ILoggerFactory loggers) =>
        {
            loggers.CreateLogger("McpProbe.Functions.Scheduling.ScheduleProbes").Log(LogLevel.Information, default, "ours", null, Text);
            loggers.CreateLogger("Azure.Core").Log(LogLevel.Information, default, "theirs", null, Text);
            loggers.CreateLogger("Azure.Core").Log(LogLevel.Warning, default, "their warning", null, Text);
            return Results.Json(1);

            static string Text(string line, Exception? failure) => line;
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = new HttpClient();
        await client.GetStringAsync(new Uri(app.Urls.First()), TestContext.Current.CancellationToken);

        var kept = log.Records.Where(record => record.Category.StartsWith("Microsoft", StringComparison.Ordinal)).ToList();
        // Without the filter there are some: the test can fail.
        Assert.Equal(filtered, kept.Count == 0);
        Assert.Equal(filtered, !log.Records.Any(record => record.Text == "theirs"));
        Assert.Contains(log.Records, record => record.Text == "ours");
        Assert.Contains(log.Records, record => record.Text == "their warning");
    }
}
