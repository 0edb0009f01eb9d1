namespace McpProbe.Server;

/// <summary>How the log is written: for people, or one JSON object a line for a collector.</summary>
internal sealed record LogOptions(bool Json = false, LogLevel Least = LogLevel.Information)
{
    public static readonly string[] Formats = ["text", "json"];

    /// <summary>By its name on the command line. At debug, also every probe and every request to the server itself.</summary>
    public static readonly IReadOnlyDictionary<string, LogLevel> Levels = new Dictionary<string, LogLevel>
    {
        ["debug"] = LogLevel.Debug,
        ["info"] = LogLevel.Information,
        ["warning"] = LogLevel.Warning,
        ["error"] = LogLevel.Error,
    };

    private const string Timestamp = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <param name="isUp">Whether the head has started: what keeps it from starting is told once, by the head itself, and not by the host with its stack.</param>
    public void Configure(ILoggingBuilder logging, Func<bool> isUp)
    {
        logging.ClearProviders();
        if (Json)
        {
            logging.AddJsonConsole(console =>
            {
                console.UseUtcTimestamp = true;
                console.TimestampFormat = Timestamp;
            });
        }
        else
        {
            logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.UseUtcTimestamp = true;
                console.TimestampFormat = Timestamp + " ";
            });
        }

        logging.SetMinimumLevel(Least);
        // At debug what the web server and the MCP server say of each request; of all that lies below, warnings only.
        var platform = Least > LogLevel.Warning ? Least : LogLevel.Warning;
        logging.AddFilter("Microsoft", platform);
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", Least <= LogLevel.Debug ? LogLevel.Information : platform);
        logging.AddFilter("ModelContextProtocol", Least <= LogLevel.Debug ? LogLevel.Information : platform);
        logging.AddFilter("System", platform);
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", level => level >= platform && isUp());
        // It warns that the keys of the sign-in are not encrypted: their directory is its owner's alone.
        logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
    }
}
