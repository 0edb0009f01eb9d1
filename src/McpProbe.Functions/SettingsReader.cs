using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Cronos;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Heartbeats;
using McpProbe.Configuration;
using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;
using McpProbe.Functions.Storage;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Connectivity;
using McpProbe.Monitoring.Metrics;
using McpProbe.Text;
using McpProbe.Web;
using McpProbe.Web.Access;
using Microsoft.Extensions.Configuration;

namespace McpProbe.Functions;

/// <summary>Reads <see cref="HeadSettings"/>, and collects everything that is missing or wrong before it says so.</summary>
public sealed partial class SettingsReader
{
    /// <summary>What follows <c>Channels__{name}__</c>.</summary>
    private static readonly HashSet<string> ChannelKeys =
        new(["type", "url", "secret", "to", "from", "limit__perMinute", "limit__perHour"], StringComparer.OrdinalIgnoreCase);

    /// <summary>What follows <c>Pages__{name}__</c>.</summary>
    private static readonly HashSet<string> PageKeys =
        new(["title", "logo", "color", "groups", "endpoints", "showHosts", "embedIn"], StringComparer.OrdinalIgnoreCase);

    /// <summary>What else there is, people named: for credentials of endpoints and channels.</summary>
    private static readonly HashSet<string> Known =
        [.. typeof(AppSettings).GetFields().Select(field => (string)field.GetRawConstantValue()!)];

    private readonly IConfiguration _settings;
    private readonly Func<string, string?> _secrets;
    private readonly List<string> _mistakes = [];

    private SettingsReader(IConfiguration settings, Func<string, string?> secrets) => (_settings, _secrets) = (settings, secrets);

    /// <param name="secrets">Resolves the references of channels; null resolves them as alerts do.</param>
    /// <exception cref="SettingsException">Names every mistake at once.</exception>
    public static HeadSettings Read(IConfiguration settings, Func<string, string?>? secrets = null)
    {
        var reader = new SettingsReader(settings, secrets ?? SecretReference.FromEnvironment);
        var read = reader.ReadAll();
        return reader._mistakes.Count == 0 ? read! : throw new SettingsException(reader._mistakes);
    }

    private HeadSettings? ReadAll()
    {
        var location = Optional(AppSettings.ProbeLocation) ?? HeadSettings.Home;
        var locations = (Optional(AppSettings.ProbeLocations) ?? location)
            .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        foreach (var each in locations.Append(location).Distinct().Where(each => !LocationName().IsMatch(each)))
            Wrong(AppSettings.ProbeLocations, $"'{each}' is no location's name: lower-case letters, digits and single hyphens, at most 40");
        foreach (var (each, times) in locations.CountBy(each => each).Where(each => each.Value > 1))
            Wrong(AppSettings.ProbeLocations, $"it names '{each}' {times} times; name each location once");
        if (!locations.Contains(location))
            Wrong(AppSettings.ProbeLocations, $"it does not name '{location}', where this app is ({AppSettings.ProbeLocation}), so nothing would be sent there; add it");

        var queue = HeadSettings.QueueOf(location);
        RequireValue(AppSettings.ProbeQueue, queue);
        RequireValue(AppSettings.ProbePoisonQueue, $"{queue}-poison");
        // Two ticks ahead is what is sent, and a message lives for an hour.
        var ticks = Schedule(AppSettings.ProbeSchedule, TimeSpan.FromMinutes(5), "5 minutes");
        Schedule(AppSettings.SweepSchedule, TimeSpan.FromMinutes(10), "10 minutes");
        Schedule(AppSettings.RollUpSchedule, TimeSpan.FromDays(1), "24 hours");
        var store = Store();
        // Pages and the API are at home alone: a further location needs no key, and gets none.
        const string opens = "set the key that opens the API and the private pages";
        var key = location == HeadSettings.Home ? Required(AppSettings.ApiKey, opens) : Optional(AppSettings.ApiKey);
        var readKey = Optional(AppSettings.ReadKey);
        _mistakes.AddRange(AccessKeys.MistakesIn(key, readKey).Select(mistake => $"{mistake.Setting} {mistake.What}."));
        var proxies = Proxies();
        var shards = Number(AppSettings.Shards, 4, 1, 64);
        var reshardFrom = Optional(AppSettings.ReshardFrom) is null ? (int?)null : Number(AppSettings.ReshardFrom, 4, 1, 64);
        var perMessage = Number(AppSettings.EndpointsPerMessage, 120, 1, 500);
        var retention = KeptFor();
        var controls = Controls();
        var checkUrls = CheckUrlsRule();
        var apiSecrets = ApiSecretsRule();
        var series = OwnSeries.Parse(Optional(OwnSeries.Variable), out var tooMany);
        if (series is null)
            Wrong(OwnSeries.Variable, tooMany!);
        CheckTelemetry();
        var pages = Address(AppSettings.PublicUrl);
        var people = People(location, key, pages);
        // One whose reference is not resolved is none yet: that it stays away is seen outside.
        var heartbeat = HeartbeatAddress.Read(name => UnresolvedSecrets.Is(Raw(AppSettings.HeartbeatUrl)) ? null : Optional(name), out var wrong);
        _mistakes.AddRange(wrong.Select(mistake => $"{mistake}."));
        var zone = Zone();
        var email = Address(AppSettings.EmailEndpoint);
        var sender = Optional(AppSettings.EmailSender);
        if (email is not null && sender is null)
            Missing(AppSettings.EmailSender, $"{AppSettings.EmailEndpoint} is set, so set the address that e-mail comes from");
        else if (sender is not null && !EmailAddress.IsValid(sender))
            Wrong(AppSettings.EmailSender, $"'{sender}' is no e-mail address");
        var channels = Channels(new ChannelPlace(LiteralSecrets: true, EmailService: email is not null, Sender: sender is not null));
        var publicPages = Pages();
        var imports = Imports();
        // Reports are sent at home alone, where the channels are; the settings of an installation are those of all its locations.
        var reports = location == HeadSettings.Home ? Reports(channels, zone) : [];
        var unresolved = _settings.AsEnumerable().Where(setting => UnresolvedSecrets.Is(setting.Value))
            .Select(setting => setting.Key.Replace(":", "__", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
        if (_mistakes.Count > 0)
            return null;

        return new HeadSettings
        {
            Store = unresolved.All(IsApart) ? store! : null,
            Location = location,
            Locations = locations,
            // None only while its reference is not resolved, and then nothing runs.
            ProbeTicks = ticks ?? CronExpression.EveryMinute,
            Shards = shards,
            ReshardFrom = reshardFrom,
            EndpointsPerMessage = perMessage,
            Retention = retention,
            Controls = controls,
            ApiKey = key,
            ReadKey = readKey,
            TrustedProxies = proxies,
            People = people,
            CheckUrls = checkUrls,
            ApiSecrets = apiSecrets,
            MetricsEndpoints = series!.Limit,
            PublicUrl = pages,
            TimeZone = zone,
            Channels = channels.ToDictionary(channel => channel.Name),
            Pages = publicPages,
            Imports = imports,
            Reports = reports,
            EmailEndpoint = email,
            EmailSender = sender,
            Heartbeat = heartbeat,
            Unresolved = unresolved,
        };
    }

    /// <summary>Whether the head can do without a setting for a while: probing needs no key, and an alert waits for its channel's secret.</summary>
    private static bool IsApart(string name) =>
        name is AppSettings.ApiKey or AppSettings.ReadKey or AppSettings.HeartbeatUrl or AppSettings.HeartbeatFailUrl
        || name.StartsWith($"{AppSettings.Channels}__", StringComparison.Ordinal) || !Known.Contains(name);

    private StoreAddress? Store()
    {
        if (Optional(AppSettings.Store) is { } connectionString)
            return ByConnectionString(connectionString);
        if (UnresolvedSecrets.Is(Raw(AppSettings.Store)))
            return null;

        var hint = $"set it, or set {AppSettings.Store} to a connection string";
        foreach (var name in (string[])[AppSettings.StoreTables, AppSettings.StoreQueues, AppSettings.StoreBlobs])
            Required(name, hint);
        var (tables, queues, blobs) = (Address(AppSettings.StoreTables), Address(AppSettings.StoreQueues), Address(AppSettings.StoreBlobs));
        if (tables is null || queues is null || blobs is null)
            return null;
        if (Optional(AppSettings.StoreCredential) is { } credential and not "managedidentity")
            Wrong(AppSettings.StoreCredential, $"it is 'managedidentity', not '{credential}'");
        if (Optional(AppSettings.StoreClientId) is { } id && !Guid.TryParse(id, out _))
            Wrong(AppSettings.StoreClientId, $"'{id}' is no client id of a managed identity, which is a GUID; leave it out for the app's own identity");
        return new StoreAddress.ByIdentity(tables, queues, blobs, Optional(AppSettings.StoreClientId));
    }

    private StoreAddress.ByConnectionString? ByConnectionString(string value)
    {
        try
        {
            // Opens nothing; what it says of a mistake may hold the key.
            StoreClients.WithConnectionString(value);
            return new StoreAddress.ByConnectionString(value);
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or InvalidOperationException)
        {
            Wrong(AppSettings.Store, "it is no connection string of a storage account with tables, queues and blobs; copy it again, or write UseDevelopmentStorage=true for Azurite");
            return null;
        }
    }

    private void CheckTelemetry()
    {
        if (Optional(AppSettings.Telemetry) is { } text && !TelemetryKey().IsMatch(text))
            Wrong(AppSettings.Telemetry, "it is no connection string of Application Insights, such as 'InstrumentationKey=00000000-0000-0000-0000-000000000000;…'; copy it again, or leave it out");
    }

    private List<Channel> Channels(ChannelPlace place)
    {
        var mistakes = _mistakes.Count;
        var channels = _settings.GetSection(AppSettings.Channels).GetChildren().Select(section => ReadChannel(section, place)).OfType<Channel>().ToList();
        if (_mistakes.Count == mistakes)
            _mistakes.AddRange(ChannelSecrets.Missing(channels, _secrets).Select(mistake => $"{AppSettings.Channels}: {mistake}."));
        return channels;
    }

    private Channel? ReadChannel(IConfigurationSection section, ChannelPlace place)
    {
        var name = $"{AppSettings.Channels}__{section.Key}";
        foreach (var key in section.GetChildren().SelectMany(Keys).Where(key => !ChannelKeys.Contains(key)))
            Wrong($"{name}__{key}", $"a channel has no such setting; it has {string.Join(", ", ChannelKeys)}");
        if (!IdRules.IsId(section.Key))
            Wrong(name, $"a channel's name is {IdRules.Description}: no endpoint can name it otherwise");
        if (section["type"] is not { } type || !WireNames.TryParse<ChannelType>(type, out var known))
        {
            Wrong($"{name}__type", $"it is one of {string.Join(", ", WireNames.All<ChannelType>())}");
            return null;
        }

        var channel = new Channel
        {
            Name = section.Key,
            Type = known,
            Url = Value("url") ?? "",
            Secret = Value("secret"),
            To = (Value("to") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            From = Value("from"),
            Limit = section.GetSection("limit").Exists() ? new SendLimit(Limit("perMinute"), Limit("perHour")) : null,
        };
        foreach (var (key, message, _) in ChannelRules.MistakesIn(channel, place))
        {
            // What the platform left standing is neither an address nor a secret, and no mistake either.
            if (!UnresolvedSecrets.Is(section[key]))
                Wrong($"{name}__{key}", Advice(key, message));
        }

        return channel;

        static IEnumerable<string> Keys(IConfigurationSection part) =>
            part.GetChildren().Any() ? part.GetChildren().Select(child => $"{part.Key}__{child.Key}") : [part.Key];
        string? Value(string key) => section[key] is { } value && !string.IsNullOrWhiteSpace(value) ? value : null;
        int? Limit(string key) => Value($"limit:{key}") is null ? null : Number($"{name}__limit__{key}", 1, 1, 1000);
        string Advice(string key, string message) => key switch
        {
            "url" when known is ChannelType.Email && channel.Url.Length == 0 => $"{message}; or set {AppSettings.EmailEndpoint} and {AppSettings.EmailSender}, to send through Communication Services",
            "url" or "secret" when Value(key) is null => $"{message}, or here a Key Vault reference to it",
            _ => message,
        };
    }

    private static readonly HashSet<string> ReportKeys = new(["timeZone", "groups"], StringComparer.OrdinalIgnoreCase);

    /// <summary>By channel: <c>Reports__{channel}__timeZone</c> and <c>Reports__{channel}__groups</c>.</summary>
    private List<ReportSchedule> Reports(IReadOnlyList<Channel> channels, TimeZoneInfo? zone) =>
        [.. _settings.GetSection(AppSettings.Reports).GetChildren().Select(section => ReadReport(section, channels, zone)).OfType<ReportSchedule>()];

    private ReportSchedule? ReadReport(IConfigurationSection section, IReadOnlyList<Channel> channels, TimeZoneInfo? zone)
    {
        var name = $"{AppSettings.Reports}__{section.Key}";
        foreach (var child in section.GetChildren().Where(child => !ReportKeys.Contains(child.Key)))
            Wrong($"{name}__{child.Key}", $"a report has no such setting; it has {string.Join(", ", ReportKeys)}");
        if (!channels.Any(channel => channel.Name == section.Key && channel.Type is ChannelType.Email))
            Wrong(name, $"there is no e-mail channel '{section.Key}': a report goes to one of {AppSettings.Channels}__… of type email");
        var own = section["timeZone"] is { } text && !string.IsNullOrWhiteSpace(text) ? text : zone?.Id ?? "UTC";
        if (TimeZones.MistakeIn(own) is { } mistake)
            Wrong($"{name}__timeZone", mistake);
        return new ReportSchedule(
            section.Key, own, (section["groups"] ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    private List<PublicPage> Pages() => [.. _settings.GetSection(AppSettings.Pages).GetChildren().Select(ReadPage)];

    private PublicPage ReadPage(IConfigurationSection section)
    {
        var name = $"{AppSettings.Pages}__{section.Key}";
        foreach (var key in section.GetChildren().Select(child => child.Key).Where(key => !PageKeys.Contains(key)))
            Wrong($"{name}__{key}", $"a page has no such setting; it has {string.Join(", ", PageKeys)}");
        if (!IdRules.IsId(section.Key))
            Wrong(name, $"a page's name is {IdRules.Description}");
        var hosts = Value("showHosts");
        if (hosts is not null && !bool.TryParse(hosts, out _))
            Wrong($"{name}__showHosts", "it is true or false");
        var page = new PublicPage
        {
            Name = section.Key,
            Title = Value("title"),
            Logo = Value("logo"),
            Color = Value("color"),
            Groups = List("groups"),
            Endpoints = List("endpoints"),
            ShowHosts = bool.TryParse(hosts, out var shows) && shows,
            EmbedIn = List("embedIn"),
        };
        foreach (var id in page.Endpoints.Where(id => !IdRules.IsId(id)))
            Wrong($"{name}__endpoints", $"'{id}' is not {IdRules.Description}");
        foreach (var (key, message, _) in PageRules.MistakesIn(page))
            Wrong($"{name}__{key}", message);
        return page;

        string? Value(string key) => section[key] is { } value && !string.IsNullOrWhiteSpace(value) ? value : null;
        string[] List(string key) => (Value(key) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    private Retention KeptFor()
    {
        var (retention, mistakes) = Retention.Read(key => Optional(NameOf(key)), NameOf);
        foreach (var (key, mistake) in mistakes)
            Wrong(NameOf(key), mistake);
        // Whoever set it would find his results gone sooner than he said.
        if (Optional("ResultRetentionMonths") is not null)
            Wrong("ResultRetentionMonths", $"it is no setting any more; set {AppSettings.KeepResults} to a number of days (and {AppSettings.KeepHourly}, {AppSettings.KeepDaily} and {AppSettings.KeepIncidents} to no less), and remove it");
        return retention;

        static string NameOf(string key) => key switch
        {
            "results" => AppSettings.KeepResults,
            "hourly" => AppSettings.KeepHourly,
            "daily" => AppSettings.KeepDaily,
            _ => AppSettings.KeepIncidents,
        };
    }

    /// <summary>What the platform's host says of a caller's address is true: it connects from this machine, and nothing else can.</summary>
    private IReadOnlyList<IPNetwork> Proxies()
    {
        var mistakes = new List<(string Setting, string What)>();
        var named = AccessSettings.ReadProxies(Optional(AppSettings.TrustedProxies), mistakes);
        _mistakes.AddRange(mistakes.Select(mistake => $"{mistake.Setting} {mistake.What}."));
        return [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128"), .. named];
    }

    private PeopleSignIn? People(string location, string? key, Uri? pages)
    {
        // A secret that is still on its way is no mistake: the app restarts when it is here.
        if (location != HeadSettings.Home || AccessSettings.PeopleVariables.Append(AppSettings.ApiKey).Any(name => UnresolvedSecrets.Is(Raw(name))))
            return null;
        var mistakes = new List<(string Setting, string What)>();
        var people = AccessSettings.ReadPeople(Optional, key, pages, AppSettings.PublicUrl, mistakes);
        _mistakes.AddRange(mistakes.Select(mistake => $"{mistake.Setting} {mistake.What}."));
        return people;
    }

    private ControlAddresses Controls()
    {
        if (Optional(AppSettings.ControlAddresses) is not { } text)
            return ControlAddresses.Default;
        if (ControlAddresses.Parse(text, out var mistake) is { } addresses)
            return addresses;
        Wrong(AppSettings.ControlAddresses, mistake!);
        return ControlAddresses.None;
    }

    private TimeZoneInfo? Zone()
    {
        if (Optional(AppSettings.TimeZone) is not { } name)
            return null;
        if (TimeZones.MistakeIn(name) is { } mistake)
            Wrong(AppSettings.TimeZone, mistake);
        return TimeZones.Find(name);
    }

    private IReadOnlyList<ImportDefinition> Imports()
    {
        if (Optional(AppSettings.Imports) is not { } text)
            return [];
        // As a probes file that has nothing else; in JSON a flow list of YAML.
        var parsed = ProbesFile.Parse(AppSettings.Imports, text.AsSpan().TrimStart().StartsWith("[") ? $"imports: {text.ReplaceLineEndings(" ")}" : $"imports:\n{text}");
        foreach (var mistake in parsed.Errors)
            Wrong(AppSettings.Imports, $"{(mistake.Path.Length == 0 ? "" : mistake.Path + ": ")}{mistake.Message}");
        return parsed.Value?.Imports ?? [];
    }

    private CheckUrls CheckUrlsRule()
    {
        if (Optional(AppSettings.CheckUrls) is not { } text)
            return CheckUrls.Public;
        if (!Enum.TryParse<CheckUrls>(text, ignoreCase: true, out var rule) || !text.All(char.IsAsciiLetter))
            Wrong(AppSettings.CheckUrls, $"it is none, public or any, not '{text}'");
        return rule;
    }

    private ApiSecrets ApiSecretsRule()
    {
        if (ApiSecrets.Parse(Optional(AppSettings.ApiSecrets), out var mistake) is { } secrets)
            return secrets;
        Wrong(AppSettings.ApiSecrets, mistake!);
        return ApiSecrets.Default;
    }

    private CronExpression? Schedule(string name, TimeSpan longest, string inWords)
    {
        if (Required(name, "set an NCRONTAB expression, such as '*/30 * * * * *'") is not { } text)
            return null;
        if (TimerSchedule.Parse(text) is not { } ticks)
        {
            Wrong(name, $"'{text}' is no NCRONTAB expression; write such as '*/30 * * * * *'");
            return null;
        }

        if (ticks.PausesLongerThan(longest))
            Wrong(name, $"'{text}' pauses for more than {inWords} at some time; let it fire more often");
        return ticks;
    }

    private Uri? Address(string name)
    {
        if (Optional(name) is not { } text)
            return null;
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "https" or "http")
            return address;
        Wrong(name, $"'{text}' is no absolute http or https address");
        return null;
    }

    private int Number(string name, int otherwise, int least, int most)
    {
        if (Optional(name) is not { } text)
            return otherwise;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
            return number;
        Wrong(name, $"it is a number from {least} to {most}, not '{text}'");
        return otherwise;
    }

    private void RequireValue(string name, string value)
    {
        if (Required(name, $"set it to '{value}'") is { } found && found != value)
            Wrong(name, $"it must be '{value}' at this location, not '{found}'");
    }

    private string? Required(string name, string hint)
    {
        var value = Optional(name);
        if (value is null && !UnresolvedSecrets.Is(Raw(name)))
            Missing(name, hint);
        return value;
    }

    private string? Optional(string name) =>
        Raw(name) is { } value && !string.IsNullOrWhiteSpace(value) && !UnresolvedSecrets.Is(value) ? value : null;

    private string? Raw(string name) => _settings[name.Replace("__", ":", StringComparison.Ordinal)];

    private void Missing(string name, string hint) => _mistakes.Add($"{name} is missing: {hint}.");

    private void Wrong(string name, string what) => _mistakes.Add($"{name} is wrong: {what}.");

    [GeneratedRegex("(^|;) *InstrumentationKey *= *[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12} *(;|$)", RegexOptions.IgnoreCase)]
    private static partial Regex TelemetryKey();

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$(?<=^.{1,40})")]
    private static partial Regex LocationName();
}
