using System.CommandLine;
using System.Globalization;
using System.Net;
using McpProbe.Alerts.Heartbeats;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Connectivity;
using McpProbe.Server.Scheduling;
using McpProbe.Text;
using McpProbe.Web.Access;

namespace McpProbe.Server;

/// <summary>Reads the command line; every mistake is told before anything is opened.</summary>
internal static class ServerCommand
{
    /// <summary>Parses and, when there is nothing to complain of, runs.</summary>
    /// <param name="error">Where mistakes are told; null for standard error.</param>
    /// <returns>The exit code: <see cref="ExitCodes.Usage"/> for a wrong command line.</returns>
    public static Task<int> InvokeAsync(
        string[] args, Func<string, string?> environment, Func<ServerOptions, CancellationToken, Task<int>> run, TextWriter? error = null)
    {
        error ??= Console.Error;
        // Who only asks listens nowhere.
        var hasKey = environment(AccessKeys.ApiKeyVariable) is not null || args.Contains("--health");
        var heartbeat = HeartbeatAddress.Read(environment, out var wrongHeartbeat);
        if (wrongHeartbeat.Count > 0)
        {
            foreach (var mistake in wrongHeartbeat)
                Console.Error.WriteLine(mistake);
            return Task.FromResult(ExitCodes.Usage);
        }
        var probes = new Option<string?>("--probes") { HelpName = "FILE", Description = "The probes file: what to watch and whom to tell, in YAML or JSON." };
        var allowEmpty = new Option<bool>("--allow-empty") { Description = "Let the probes file take away all endpoints that it had. Without it such a file is refused: it may have been emptied by mistake." };
        var data = new Option<string?>("--data") { HelpName = "DIR", Description = $"Where everything is kept. Default: {ServerOptions.DefaultData ?? "none, because there is no home directory"}; with --demo a temporary directory." };
        var urls = new Option<string[]>("--urls")
        {
            HelpName = "URL",
            Description = "Where to listen; several separated by semicolons. Other than loopback needs the key in MCPPROBE_API_KEY.",
            DefaultValueFactory = _ => [ServerOptions.DefaultUrl],
            CustomParser = result => [.. result.Tokens.SelectMany(token => token.Value.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
        };
        var publicUrl = new Option<string?>("--public-url")
        {
            HelpName = "URL",
            Description = "Where people open the pages, such as https://status.example.com: what alerts link to. Default: the first of --urls, unless that stands for every address.",
        };
        var demo = new Option<bool>("--demo") { Description = "Also start a small MCP server whose tools drift and fail on a timetable, and watch it." };
        var speed = new Option<double>("--demo-speed") { Hidden = true, DefaultValueFactory = _ => 1 };
        var concurrency = new Option<int?>("--concurrency")
        {
            HelpName = "N",
            Description = $"Probes in flight at most. Default: {SchedulerOptions.Default.LeastConcurrency}, and up to {SchedulerOptions.Default.MostConcurrency} while servers are slow.",
        };
        var control = new Option<ControlAddresses>("--control")
        {
            HelpName = "HOST:PORT[,HOST:PORT]",
            Description = $"Tried when many servers do not answer at once, to tell their fault from this machine's; or none. Default: {ControlAddresses.DefaultText}.",
            CustomParser = result =>
            {
                var addresses = ControlAddresses.Parse(result.Tokens[^1].Value, out var mistake);
                if (addresses is null)
                    result.AddError($"--control: {mistake}");
                return addresses;
            },
        };

        var testAlert = new Option<string?>("--test-alert")
        {
            HelpName = "CHANNEL",
            Description = "Send a sample to this channel of the probes file, say what came of it, and end: 0 when it was delivered, 1 when not.",
        };

        var health = new Option<bool>("--health")
        {
            Description = "Ask the server that listens on --urls whether it is well, say what is the matter, and end: 0 when it is well, 1 when not, 4 when nobody answers. For a container's health check.",
        };
        var logFormat = OneOf("--log-format", LogOptions.Formats, "text", "How the log is written: text for people, json for a collector, one object a line.");
        var logLevel = OneOf("--log-level", [.. LogOptions.Levels.Keys], "info", "The least that is logged; debug has every probe and every request too.");

        var keep = Retention.Keys.ToDictionary(key => key, key => new Option<string?>(ServerOptions.KeepOption(key))
        {
            HelpName = "DAYS",
            Description = $"How long to keep {Kept(key)}, in days. Default: {ServerOptions.KeepVariable(key)}, or {DefaultOf(key)}.",
        });

        urls.Validators.Add(result =>
        {
            foreach (var url in result.GetValueOrDefault<string[]>() ?? [])
            {
                if (UrlMistake(url, hasKey) is { } mistake)
                    result.AddError(mistake);
            }
        });
        publicUrl.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } url && PublicUrlMistake(url, hasKey) is { } mistake)
                result.AddError(mistake);
        });
        concurrency.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var value) && value is < 1 or > 10_000)
                result.AddError("--concurrency must be from 1 to 10000");
        });
        speed.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double>() is not (>= 0.1 and <= 5))
                result.AddError("--demo-speed must be from 0.1 to 5");
        });

        testAlert.Validators.Add(result =>
        {
            if (result.GetResult(probes) is null)
                result.AddError("--test-alert needs the probes file that the channel is defined in: name it with --probes");
        });

        var root = new RootCommand("McpProbe on one machine: watches MCP servers and tells people before their users find out.")
        {
            probes, allowEmpty, data, urls, publicUrl, demo, speed, concurrency, control, testAlert, health, logFormat, logLevel,
        };
        foreach (var option in keep.Values)
            root.Options.Add(option);
        var retention = Retention.Default;
        root.Validators.Add(result =>
        {
            string? Option(string key) => result.GetResult(keep[key]) is { Tokens.Count: > 0 } given ? given.Tokens[^1].Value : null;
            string NameOf(string key) => Option(key) is null && !string.IsNullOrWhiteSpace(environment(ServerOptions.KeepVariable(key)))
                ? ServerOptions.KeepVariable(key)
                : ServerOptions.KeepOption(key);
            (retention, var mistakes) = Retention.Read(key => Option(key) ?? environment(ServerOptions.KeepVariable(key)), NameOf);
            foreach (var (key, mistake) in mistakes)
                result.AddError($"{NameOf(key)}: {mistake}");
        });
        root.Validators.Add(result =>
        {
            var mistakes = new List<(string Setting, string What)>();
            AccessOf(result.GetValue(publicUrl), mistakes);
            foreach (var (setting, what) in mistakes)
                result.AddError($"{setting} {what}.");
        });
        root.SetAction((parsed, cancellationToken) => run(
            new ServerOptions
            {
                Probes = parsed.GetValue(probes),
                AllowEmpty = parsed.GetValue(allowEmpty),
                Data = parsed.GetValue(data),
                Urls = parsed.GetValue(urls)!,
                PublicUrl = parsed.GetValue(publicUrl) is { } url ? new Uri(url) : null,
                Demo = parsed.GetValue(demo),
                DemoSpeed = parsed.GetValue(speed),
                Concurrency = parsed.GetValue(concurrency),
                Controls = parsed.GetValue(control) ?? ControlAddresses.Default,
                TestAlert = parsed.GetValue(testAlert),
                AskHealth = parsed.GetValue(health),
                Log = new LogOptions(parsed.GetValue(logFormat) == "json", LogOptions.Levels[parsed.GetValue(logLevel)!]),
                Retention = retention,
                Heartbeat = heartbeat,
                Access = AccessOf(parsed.GetValue(publicUrl), []),
            },
            cancellationToken));

        var result = root.Parse(args);
        if (result.Errors.Count == 0)
        {
            // The host handles SIGTERM and Ctrl+C itself.
            return result.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
        }
        foreach (var mistake in result.Errors)
        {
            var said = Unknown(mistake.Message, result) ?? mistake.Message;
            if (said.Length > 0)
                error.WriteLine(said);
        }
        error.WriteLine("See --help.");
        return Task.FromResult(ExitCodes.Usage);

        AccessSettings AccessOf(string? pages, List<(string Setting, string What)> mistakes) => AccessSettings.Read(
            environment, Uri.TryCreate(pages, UriKind.Absolute, out var url) ? url : null, "--public-url", mistakes);
    }

    private static Option<string> OneOf(string name, string[] values, string standard, string description)
    {
        var option = new Option<string>(name) { HelpName = string.Join('|', values), Description = description, DefaultValueFactory = _ => standard };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !values.Contains(token.Value))
                result.AddError($"{name}: '{token.Value}' is none of {string.Join(", ", values)}{(Suggestion.Near(token.Value, values) is { } near ? $"; did you mean '{near}'?" : ".")}");
        });
        return option;
    }

    // The parser says of a word that is left over only that it does not know it. Empty for one that belongs to an unknown option before it.
    private static string? Unknown(string mistake, ParseResult parsed)
    {
        if (parsed.UnmatchedTokens.FirstOrDefault(token => mistake.Contains($"'{token}'", StringComparison.Ordinal)) is not { } word)
            return null;
        var words = parsed.Tokens.Select(token => token.Value).ToList();
        if (!word.StartsWith('-') && words.IndexOf(word) is > 0 and var index && words[index - 1].StartsWith('-') && parsed.UnmatchedTokens.Contains(words[index - 1]))
            return "";
        var near = Suggestion.Near(word.Split('=')[0], [.. parsed.RootCommandResult.Command.Options.Where(option => !option.Hidden).Select(option => option.Name)]);
        return $"{word}: there is no such option{(near is null ? "." : $"; did you mean '{near}'?")}";
    }

    private static string Kept(string key) => key switch
    {
        "results" => "single results",
        "hourly" => "rollups by the hour",
        "daily" => "rollups by the day",
        _ => "resolved incidents with their alerts, and drift",
    };

    private static int DefaultOf(string key) => key switch
    {
        "results" => Retention.Default.Results,
        "hourly" => Retention.Default.Hourly,
        "daily" => Retention.Default.Daily,
        _ => Retention.Default.Incidents,
    };

    /// <summary>What is wrong with an address to listen on; null when nothing is.</summary>
    internal static string? UrlMistake(string url, bool hasKey)
    {
        // As the web server reads it: '*' and '+' stand for every address.
        BindingAddress address;
        try
        {
            address = BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            return $"--urls {url}: not an address to listen on, such as {ServerOptions.DefaultUrl}";
        }
        if (address.Scheme is not ("http" or "https") || address.IsUnixPipe || address.IsNamedPipe || address.PathBase.Length > 0)
            return $"--urls {url}: must be http:// or https://, a host and a port, without a path, such as {ServerOptions.DefaultUrl}";
        if (!hasKey && !IsLoopback(address.Host))
            return $"--urls {url}: without a key only this machine may connect. Set MCPPROBE_API_KEY, or listen on {ServerOptions.DefaultUrl}";
        return null;
    }

    /// <summary>What is wrong with the address of the pages; null when nothing is.</summary>
    internal static string? PublicUrlMistake(string url, bool hasKey)
    {
        // The pages' own links begin at the root.
        if (Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            && address is { Host.Length: > 0, UserInfo: "", AbsolutePath: "/", Query: "", Fragment: "" }
            && !url.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)))
        {
            // Whoever opens it comes through a proxy, which looks like this machine.
            return hasKey || IsLoopback(address.Host)
                ? null
                : $"--public-url {url}: without a key everybody who opens it could see and change everything. Set {AccessKeys.ApiKeyVariable} to a key of at least {AccessKeys.LeastLength} characters, or leave the public URL out";
        }
        return $"--public-url {url}: must be http:// or https:// and a host, without user, path or query, such as https://status.example.com";
    }

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
