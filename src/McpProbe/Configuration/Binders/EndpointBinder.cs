using System.Globalization;
using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Protocol;
using McpProbe.Text;

namespace McpProbe.Configuration.Binders;

/// <summary>Makes an <see cref="Endpoint"/> of a mapping, upon defaults; every mistake goes to the reader.</summary>
/// <remarks>Longer than other files: it has a method for each key of an endpoint that no binder of its own reads.</remarks>
internal sealed class EndpointBinder(ConfigReader reader)
{
    private const int MostTags = 20;
    private const int LongestTag = 50;

    private static readonly TimeSpan LeastInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LeastSilence = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LeastTimeout = TimeSpan.FromMilliseconds(1);

    private static readonly string[] HttpKeys = ["transport", "headers", "bearer", "oauth", "connectTo", "insecure", "tls", "deep", "clients"];

    private static readonly string[] DefaultKeys =
    [
        "transport", "protocol", "headers", "bearer", "oauth", "connectTo", "insecure", "tls", "interval", "timeout", "conditions",
        "smoke", "canary", "coldStart", "driftPolicy", "failureThreshold", "successThreshold", "channels", "alerts", "slo", "maintenance", "group", "tags", "visibility", "hideUrl", "metrics", "traceContext",
        "deep", "clients", "paused",
    ];

    private static readonly string[] Keys = ["id", "name", "notes", "url", "command", "environment", .. DefaultKeys, "imported"];

    /// <summary>What endpoints start from when nothing is said.</summary>
    public static readonly Endpoint NoDefaults = new() { Id = "" };

    private readonly AlertPolicyBinder _alerts = new(reader);
    private readonly ClientsBinder _clients = new(reader);
    private readonly ConditionsBinder _conditions = new(reader);
    private readonly EnvironmentBinder _environment = new(reader);
    private readonly ImportedBinder _imported = new(reader);
    private readonly MaintenanceBinder _maintenance = new(reader);
    private readonly OAuthBinder _oauth = new(reader);
    private readonly SmokeBinder _smoke = new(reader);
    private readonly TlsBinder _tls = new(reader);

    // Set when the times of the defaults are wrong themselves: that has its message, and is not told again of each endpoint.
    private bool _defaultTimesFail;

    /// <summary>The defaults of a file: an endpoint without id and target.</summary>
    public Endpoint Defaults(ConfigNode node, string path)
    {
        if (reader.Members(node, path, DefaultKeys) is not { } members) return NoDefaults;
        var defaults = Apply(NoDefaults, members.Values, path);
        if (members.ContainsKey("interval") && members.ContainsKey("timeout")) _defaultTimesFail = !CheckTimes(node, members, path, defaults);
        CheckAuthorization(defaults, members, path);
        return defaults;
    }

    /// <summary>One endpoint; meaningful only when the reader has no mistakes.</summary>
    /// <param name="defaults">Already checked.</param>
    /// <param name="id">The id that is known without the document; null when the document must say it.</param>
    public Endpoint? Endpoint(ConfigNode node, string path, Endpoint defaults, string? id = null)
    {
        if (reader.Members(node, path, Keys) is not { } members) return null;
        var isCommand = members.ContainsKey("command");
        if (isCommand) defaults = WithoutHttp(defaults);

        var endpoint = Apply(defaults, members.Values, path) with { Id = Id(node, members, path, id) };
        // A short interval alone is no mistake: a time-out that nobody named shortens with it.
        if (!members.ContainsKey("timeout") && defaults.Timeout == Endpoints.Endpoint.DefaultTimeout && endpoint.Interval < endpoint.Timeout)
            endpoint = endpoint with { Timeout = endpoint.Interval };
        CheckTarget(node, members, path);
        if (endpoint.Url?.Scheme == Uri.UriSchemeHttp && members.TryGetValue("tls", out var tls))
            reader.Fail(tls.At, ConfigReader.Join(path, "tls"), "is about an https 'url', and this one is http; correct the URL, or remove it");
        if (CheckTimes(node, members, path, endpoint)) CheckBudgets(node, members, path, endpoint);
        CheckAuthorization(endpoint, members, path);
        return CheckColdStart(CheckCanary(endpoint, members, path), members, path);
    }

    private Endpoint Apply(Endpoint endpoint, IEnumerable<ConfigMember> members, string path)
    {
        foreach (var (key, _, node) in members)
        {
            var at = ConfigReader.Join(path, key);
            endpoint = key switch
            {
                "name" when reader.String(node, at) is { } name => endpoint with { Name = name },
                "notes" when Notes(node, at) is { } notes => endpoint with { Notes = notes },
                "url" when Url(node, at) is { } url => endpoint with { Url = url },
                "command" when Command(node, at) is { } command => endpoint with { Command = command },
                "environment" when _environment.Variables(node, at) is { } environment => endpoint with { Environment = environment },
                "transport" when reader.Choice<TransportChoice>(node, at) is { } transport => endpoint with { Transport = transport },
                "protocol" when reader.Revision(node, at) is { } protocol => endpoint with { Protocol = protocol },
                "headers" when Headers(node, at) is { } headers => endpoint with { Headers = headers },
                "bearer" when Credential(node, at) is { } bearer => endpoint with { Bearer = bearer },
                "oauth" when _oauth.Client(node, at) is { } oauth => endpoint with { OAuth = oauth },
                "connectTo" when ConnectTo(node, at) is { } connectTo => endpoint with { ConnectTo = connectTo },
                "insecure" when reader.Boolean(node, at) is { } insecure => endpoint with { Insecure = insecure },
                "tls" when _tls.Settings(node, at) is { } tls => endpoint with { Tls = tls },
                "interval" when reader.Duration(node, at, LeastInterval) is { } interval => endpoint with { Interval = interval },
                "timeout" when reader.Duration(node, at, LeastTimeout) is { } timeout => endpoint with { Timeout = timeout },
                "conditions" when _conditions.Conditions(node, at) is { } conditions => endpoint with { Conditions = conditions },
                "smoke" when _smoke.Call(node, at) is { } smoke => endpoint with { Smoke = smoke },
                "canary" when reader.Boolean(node, at) is { } canary => endpoint with { Canary = canary },
                "coldStart" when ColdStart(node, at) is { } cold => endpoint with { ColdStart = cold },
                "driftPolicy" when reader.Choice<DriftPolicy>(node, at) is { } policy => endpoint with { DriftPolicy = policy },
                "failureThreshold" when reader.Count(node, at) is { } failures => endpoint with { FailureThreshold = failures },
                "successThreshold" when reader.Count(node, at) is { } successes => endpoint with { SuccessThreshold = successes },
                "channels" when reader.Ids(node, at, "a list of channel names", "channel") is { } channels => endpoint with { Channels = channels },
                "alerts" when _alerts.Policy(node, at) is { } alerts => endpoint with { Alerts = alerts },
                "slo" when IsFalse(node) => endpoint with { Slo = null },
                "slo" when Slo(node, at) is { } slo => endpoint with { Slo = slo },
                "maintenance" when _maintenance.Windows(node, at) is { } windows => endpoint with { Maintenance = windows },
                "group" when reader.String(node, at) is { } group => endpoint with { Group = group },
                "tags" when Tags(node, at) is { } tags => endpoint with { Tags = tags },
                "visibility" when reader.Choice<Visibility>(node, at) is { } visibility => endpoint with { Visibility = visibility },
                "metrics" when reader.Boolean(node, at) is { } own => endpoint with { Metrics = own },
                "traceContext" when reader.Boolean(node, at) is { } traced => endpoint with { TraceContext = traced },
                "hideUrl" when reader.Boolean(node, at) is { } hidden => endpoint with { HideUrl = hidden },
                "paused" when reader.Boolean(node, at) is { } paused => endpoint with { Paused = paused },
                "deep" when reader.Boolean(node, at) is { } deep => endpoint with { Deep = deep },
                "clients" when _clients.Clients(node, at, Credential) is { } clients => endpoint with { Clients = clients },
                "imported" when _imported.Imported(node, at) is { } imported => endpoint with { Imported = imported },
                _ => endpoint,
            };
        }

        return endpoint;
    }

    private List<string>? Tags(ConfigNode node, string path)
    {
        if (reader.Items(node, path, "a list of tags, such as [production, eu]") is not { } items) return null;
        if (items.Count > MostTags)
        {
            reader.Fail(items[MostTags].At, $"{path}[{MostTags}]", $"there are {items.Count} tags; the most is {MostTags}");
            return null;
        }

        var tags = new List<string>();
        for (var i = 0; i < items.Count; i++)
        {
            if (reader.String(items[i], $"{path}[{i}]", "a tag") is not { } tag) continue;
            if (tag.Length > LongestTag || tag.Any(char.IsControl) || tag != tag.Trim())
                reader.Fail(items[i].At, $"{path}[{i}]", $"'{VisibleText.Excerpt(tag)}' is no tag: one line of 1 to {LongestTag} characters, without a space at either end");
            else if (tags.Contains(tag))
                reader.Fail(items[i].At, $"{path}[{i}]", $"the tag '{VisibleText.Excerpt(tag)}' stands twice");
            else
                tags.Add(tag);
        }

        return tags;
    }

    // Defaults for URLs say nothing of a command.
    private static Endpoint WithoutHttp(Endpoint defaults) => defaults with
    {
        Transport = NoDefaults.Transport,
        Headers = NoDefaults.Headers,
        Bearer = null,
        OAuth = null,
        ConnectTo = null,
        Insecure = false,
        Tls = NoDefaults.Tls,
        Deep = NoDefaults.Deep,
        Clients = NoDefaults.Clients,
        Conditions = ConditionsBinder.WithoutHttp(defaults.Conditions),
        Canary = false,
        ColdStart = null,
    };

    private string Id(ConfigNode node, IReadOnlyDictionary<string, ConfigMember> members, string path, string? known)
    {
        if (known is not null && !IdRules.IsId(known)) reader.Fail(node.At, path, IdRules.MistakeIn(known));
        if (!members.TryGetValue("id", out var member))
        {
            if (known is null) reader.Fail(node.At, path, "has no 'id'; add one, such as 'id: my-server'");
            return known ?? "";
        }

        var id = reader.Id(member.Value, ConfigReader.Join(path, "id"));
        if (id is not null && known is not null && id != known)
            reader.Fail(member.Value.At, ConfigReader.Join(path, "id"), $"'{id}' is not the id of the address, '{VisibleText.Excerpt(known)}'; make them equal, or leave it out");
        return id ?? known ?? "";
    }

    private void CheckTarget(ConfigNode node, IReadOnlyDictionary<string, ConfigMember> members, string path)
    {
        var hasUrl = members.TryGetValue("url", out var url);
        var hasCommand = members.TryGetValue("command", out var command);
        if (!hasUrl && !hasCommand)
        {
            reader.Fail(node.At, path, "has neither 'url' nor 'command'; say which server to probe");
        }
        else if (hasUrl && hasCommand)
        {
            var later = url!.At.Line > command!.At.Line || (url.At.Line == command.At.Line && url.At.Column > command.At.Column) ? url : command;
            reader.Fail(later.At, path, "has both 'url' and 'command'; a server is reached by one of them");
        }
        else if (hasCommand)
        {
            foreach (var key in HttpKeys)
            {
                if (members.TryGetValue(key, out var member))
                    reader.Fail(member.At, ConfigReader.Join(path, key), "says how to reach a 'url', and this endpoint has a 'command'; remove one of them");
            }

            if (members.TryGetValue("conditions", out var conditions)) _conditions.RefuseHttp(conditions.Value, ConfigReader.Join(path, "conditions"));
        }

        if (!hasCommand && members.TryGetValue("environment", out var environment))
            reader.Fail(environment.At, ConfigReader.Join(path, "environment"), "is what a 'command' finds in its environment, and this endpoint has none; remove it");
    }

    // False when it fails, or cannot be judged because one of the two is not a duration.
    private bool CheckTimes(ConfigNode node, IReadOnlyDictionary<string, ConfigMember> members, string path, Endpoint endpoint)
    {
        members.TryGetValue("interval", out var interval);
        members.TryGetValue("timeout", out var timeout);
        if (interval is null && timeout is null && _defaultTimesFail) return false;
        if (!IsDuration(interval) || !IsDuration(timeout)) return false;
        if (endpoint.Timeout > reader.LongestTimeout)
        {
            reader.Fail((timeout ?? interval)?.Value.At ?? node.At, timeout is null ? path : ConfigReader.Join(path, timeout.Key),
                $"the timeout ({Durations.Format(endpoint.Timeout)}) is longer than a probe may take on Azure ({Durations.Format(reader.LongestTimeout!.Value)}), where a function is ended after 10 minutes and an answer after 230 seconds; shorten it to {Durations.Format(reader.LongestTimeout.Value)} or less, or watch this endpoint from one machine{(timeout is null ? " (see 'defaults')" : "")}");
            return false;
        }

        if (endpoint.Timeout <= endpoint.Interval) return true;
        var own = timeout ?? interval;
        reader.Fail(own?.Value.At ?? node.At, own is null ? path : ConfigReader.Join(path, own.Key),
            $"the timeout ({Durations.Format(endpoint.Timeout)}) is longer than the interval ({Durations.Format(endpoint.Interval)}); a probe must end before the next begins{(own is null ? " (see 'defaults')" : "")}");
        return false;

        static bool IsDuration(ConfigMember? member) => member is null || Durations.TryParse(member.Value.Text, out _);
    }

    private void CheckBudgets(ConfigNode node, IReadOnlyDictionary<string, ConfigMember> members, string path, Endpoint endpoint)
    {
        foreach (var (phase, budget) in endpoint.Conditions.Budgets.Named())
        {
            if (budget <= endpoint.Timeout) continue;
            var message = $"the budget for {phase} ({Durations.Format(budget)}) is longer than the timeout ({Durations.Format(endpoint.Timeout)}), so it is never exceeded; shorten it, or allow the probe more time";
            if (members.TryGetValue("conditions", out var conditions) && conditions.Value.Member("budgets")?.Member(phase) is { } own)
                reader.Fail(own.At, $"{ConfigReader.Join(path, "conditions")}.budgets.{phase}", message);
            else
                reader.Fail(members.GetValueOrDefault("timeout")?.Value.At ?? node.At, path, $"{message} (see 'defaults')");
        }
    }

    private void CheckAuthorization(Endpoint endpoint, IReadOnlyDictionary<string, ConfigMember> members, string path)
    {
        var ways = new List<(string Key, string Name)>();
        if (endpoint.Bearer is not null) ways.Add(("bearer", "'bearer'"));
        if (endpoint.OAuth is not null) ways.Add(("oauth", "'oauth'"));
        if (endpoint.Headers.ContainsKey("Authorization")) ways.Add(("headers", "an Authorization header"));
        if (ways.Count < 2 || ways.Find(way => members.ContainsKey(way.Key)).Key is not { } own) return;
        reader.Fail(members[own].At, path, $"has both {ways[0].Name} and {ways[1].Name}; they are the same header, so remove one");
    }

    // A default that says nothing of this endpoint is left out of it: stored with it, it would be its own mistake.
    private Endpoint CheckCanary(Endpoint endpoint, IReadOnlyDictionary<string, ConfigMember> members, string path)
    {
        if (!endpoint.Canary) return endpoint;
        var azure = reader.LongestTimeout is not null;
        var mistake = endpoint switch
        {
            { Command: not null } => "holds a session of a server that runs by itself, and a 'command' is started for each probe; remove it",
            { IsStrangers: true } => "holds a session, which is never done with a server that an import found among strangers'; remove it",
            { Transport: TransportChoice.Sse } => "cannot hold a session of HTTP+SSE, which is the stream of one connection; remove it",
            { Protocol: { } pinned } when azure && ProtocolVersions.IsKnown(pinned) && ProtocolVersions.EraOf(pinned) is Era.Stateless =>
                $"holds a stream of subscriptions/listen, as {pinned} has no sessions, and on Azure nothing is held between two probes; remove it, or watch this endpoint from one machine",
            _ => null,
        };
        if (mistake is null) return endpoint;
        if (members.TryGetValue("canary", out var own)) reader.Fail(own.At, ConfigReader.Join(path, "canary"), mistake);
        return endpoint with { Canary = false };
    }

    private ColdStart? ColdStart(ConfigNode node, string path)
    {
        if (reader.Members(node, path, ["after", "budget"]) is not { } members) return null;
        var cold = new ColdStart(Endpoints.ColdStart.DefaultAfter, Budget: null);
        if (members.TryGetValue("after", out var after) && reader.Duration(after.Value, $"{path}.after", LeastSilence) is { } silence)
            cold = cold with { After = silence };
        if (members.TryGetValue("budget", out var budget) && reader.Duration(budget.Value, $"{path}.budget", LeastTimeout) is { } most)
            cold = cold with { Budget = most };
        return cold;
    }

    // Nothing but silence makes a start cold, and each probe breaks it.
    private Endpoint CheckColdStart(Endpoint endpoint, IReadOnlyDictionary<string, ConfigMember> members, string path)
    {
        if (endpoint.ColdStart is not { } cold) return endpoint;
        var mistake = endpoint switch
        {
            { Command: not null } => "measures how a server wakes up, and a 'command' is started for each probe; remove it",
            { IsStrangers: true } => "asks twice, which is never done with a server that an import found among strangers'; remove it",
            { Canary: true } => "needs silence, and 'canary' asks in between; keep one of them, the other at another endpoint",
            _ when endpoint.Interval < cold.After =>
                $"needs a silence of {Durations.Format(cold.After)}, and a probe every {Durations.Format(endpoint.Interval)} keeps the server warm; set 'interval' to {Durations.Format(cold.After)} or more for this endpoint",
            _ when cold.Budget > endpoint.Timeout =>
                $"has a budget ({Durations.Format(cold.Budget.Value)}) that is longer than the timeout ({Durations.Format(endpoint.Timeout)}), so it is never exceeded; shorten it, or allow the probe more time",
            _ => null,
        };
        if (mistake is null) return endpoint;
        if (members.TryGetValue("coldStart", out var own)) reader.Fail(own.At, ConfigReader.Join(path, "coldStart"), mistake);
        return endpoint with { ColdStart = null };
    }

    private string? Notes(ConfigNode node, string path)
    {
        if (reader.String(node, path) is not { } notes) return null;
        if (notes.Length <= Endpoints.Endpoint.LongestNotes) return notes.ReplaceLineEndings("\n").Trim();
        reader.Fail(node.At, path, $"has {notes.Length} characters; the most is {Endpoints.Endpoint.LongestNotes}. Keep longer text elsewhere, and write its address here");
        return null;
    }

    private Uri? Url(ConfigNode node, string path)
    {
        if (reader.String(node, path, "an http or https URL") is not { } text) return null;
        if (UrlRules.MistakeInTemplate(text, out var url) is not { } mistake) return url;
        reader.Fail(node.At, path, mistake);
        return null;
    }

    private IReadOnlyList<string>? Command(ConfigNode node, string path)
    {
        if (node.Kind == ConfigKind.Sequence)
        {
            if (node.Items.Count > 0)
                return ConfigReader.AllOrNone(node.Items.Select((item, i) => i == 0 ? reader.String(item, $"{path}[0]") : Argument(item, $"{path}[{i}]")));
            reader.Fail(node.At, path, "is empty; write the executable and its arguments");
            return null;
        }

        if (reader.String(node, path, "a command line, or a list of the executable and its arguments") is not { } line) return null;
        var split = CommandText.Split(line);
        if (split.Error is { } error) reader.Fail(node.At, path, $"is not a command line: {error}");
        else if (split.Words![0].Length == 0) reader.Fail(node.At, path, "begins with an empty word; write the executable first");
        else return split.Words;
        return null;
    }

    // An argument may be empty.
    private string? Argument(ConfigNode node, string path) =>
        node is { Kind: ConfigKind.String, Text.Length: 0 } ? "" : node.Kind == ConfigKind.String ? node.Text : reader.String(node, path);

    // 'false' takes away an objective that the defaults give.
    private static bool IsFalse(ConfigNode node) => node is { Kind: ConfigKind.Boolean, Text: ['f' or 'F', ..] };

    private double? Slo(ConfigNode node, string path)
    {
        if (node.Kind is ConfigKind.Number && double.TryParse(node.Text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var slo)
            && slo is >= Endpoints.Endpoint.LeastSlo and <= Endpoints.Endpoint.MostSlo)
            return slo;
        var range = string.Create(CultureInfo.InvariantCulture, $"a number from {Endpoints.Endpoint.LeastSlo} to {Endpoints.Endpoint.MostSlo} such as 99.9");
        if (node.Kind is ConfigKind.Mapping or ConfigKind.Sequence or ConfigKind.Null)
            return reader.Number(node, path, 0, Endpoints.Endpoint.MostSlo);
        reader.Fail(node.At, path, string.Create(
            CultureInfo.InvariantCulture,
            $"'{VisibleText.Excerpt(node.Text)}' is no objective: write how many of 100 probes are to be up, {range}, or false for none"));
        return null;
    }

    private Dictionary<string, string>? Headers(ConfigNode node, string path)
    {
        if (node.Kind != ConfigKind.Mapping)
        {
            reader.Members(node, path, []);
            return null;
        }

        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, at, value) in node.Members)
        {
            var member = ConfigReader.Join(path, name);
            if (HeaderRules.MistakeInName(name) is { } mistake) reader.Fail(at, path, mistake);
            else if (headers.ContainsKey(name)) reader.Fail(at, member, "the header stands twice; header names ignore case");
            else if ((CredentialHeaders.Contains(name) ? Credential(value, member) : HeaderValue(value, member)) is { } text) headers.Add(name, text);
        }

        return headers;
    }

    private string? HeaderValue(ConfigNode node, string path)
    {
        if (reader.String(node, path) is not { } value) return null;
        if (value.Any(char.IsControl)) reader.Fail(node.At, path, "holds a control character, which no header may");
        else if (!SecretReference.AllValid(value)) reader.Fail(node.At, path, $"holds '${{' that begins no reference; write {SecretReference.Example}");
        else return value;
        return null;
    }

    // Never shows the value.
    private string? Credential(ConfigNode node, string path)
    {
        if (HeaderValue(node, path) is not { } value) return null;
        if (SecretReference.IsIn(value)) return value;
        reader.FailLiteral(node, path);
        return null;
    }

    private string? ConnectTo(ConfigNode node, string path)
    {
        if (reader.String(node, path, "host:port") is not { } text) return null;
        var colon = text.LastIndexOf(':');
        var host = colon < 0 ? "" : text[..colon];
        var isHost = host.StartsWith('[') && host.EndsWith(']')
            ? Uri.CheckHostName(host) == UriHostNameType.IPv6
            : Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4;
        if (isHost && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0) return text;
        reader.Fail(node.At, path, $"'{VisibleText.Excerpt(text)}' is not host:port, such as 10.0.0.7:3001 or [::1]:3001");
        return null;
    }
}
