using System.Globalization;
using System.Text.RegularExpressions;
using Cronos;
using McpProbe.Alerts.Channels;
using McpProbe.Configuration.Reading;
using McpProbe.Monitoring.Connectivity;
using McpProbe.Text;
using McpProbe.Web;
using Microsoft.Extensions.Configuration;

namespace McpProbe.Functions;

/// <summary>Reads <see cref="HeadSettings"/>, and collects everything that is missing or wrong before it says so.</summary>
public sealed partial class SettingsReader
{
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

        var queue = HeadSettings.QueueOf(location);
        RequireValue(AppSettings.ProbeQueue, queue);
        RequireValue(AppSettings.ProbePoisonQueue, $"{queue}-poison");
        var ticks = Schedule(AppSettings.ProbeSchedule);
        Schedule(AppSettings.SweepSchedule);
        Schedule(AppSettings.RollUpSchedule);
        Required(AppSettings.TaskHub, "set the name of this app's durable task hub, such as 'mcpprobe'");

        var store = Store();
        var key = Required(AppSettings.ApiKey, "set the key that opens the API and the private pages");
        var shards = Number(AppSettings.Shards, 4, 1, 64);
        var perMessage = Number(AppSettings.EndpointsPerMessage, 50, 1, 500);
        var months = Number(AppSettings.ResultRetentionMonths, 13, 1, 120);
        var controls = Controls();
        var checkUrls = CheckUrlsRule();
        var pages = Address(AppSettings.PublicUrl);
        var email = Address(AppSettings.EmailEndpoint);
        var sender = Optional(AppSettings.EmailSender);
        if (email is not null && sender is null)
            Missing(AppSettings.EmailSender, $"{AppSettings.EmailEndpoint} is set, so set the address that e-mail comes from");
        else if (sender is not null && !EmailAddress.IsValid(sender))
            Wrong(AppSettings.EmailSender, $"'{sender}' is no e-mail address");
        var channels = Channels(new ChannelPlace(LiteralSecrets: true, EmailService: email is not null, Sender: sender is not null));
        if (_mistakes.Count > 0)
            return null;

        return new HeadSettings
        {
            Store = store!,
            Location = location,
            Locations = locations,
            ProbeTicks = ticks!,
            Shards = shards,
            EndpointsPerMessage = perMessage,
            ResultRetentionMonths = months,
            Controls = controls,
            ApiKey = key!,
            CheckUrls = checkUrls,
            PublicUrl = pages,
            Channels = channels.ToDictionary(channel => channel.Name),
            EmailEndpoint = email,
            EmailSender = sender,
        };
    }

    private StoreAddress? Store()
    {
        if (Optional(AppSettings.Store) is { } connectionString)
            return new StoreAddress.ByConnectionString(connectionString);

        var hint = $"set it, or set {AppSettings.Store} to a connection string";
        foreach (var name in (string[])[AppSettings.StoreTables, AppSettings.StoreQueues, AppSettings.StoreBlobs])
            Required(name, hint);
        var (tables, queues, blobs) = (Address(AppSettings.StoreTables), Address(AppSettings.StoreQueues), Address(AppSettings.StoreBlobs));
        if (tables is null || queues is null || blobs is null)
            return null;
        if (Optional(AppSettings.StoreCredential) is { } credential and not "managedidentity")
            Wrong(AppSettings.StoreCredential, $"it is 'managedidentity', not '{credential}'");
        return new StoreAddress.ByIdentity(tables, queues, blobs, Optional(AppSettings.StoreClientId));
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
        // What the platform left standing was said, and is neither an address nor a secret.
        if (CheckReference($"{name}__url", channel.Url) & CheckReference($"{name}__secret", channel.Secret))
        {
            foreach (var (key, message, _) in ChannelRules.MistakesIn(channel, place))
                Wrong($"{name}__{key}", Advice(key, message));
        }

        return channel;

        string? Value(string key) => section[key] is { } value && !string.IsNullOrWhiteSpace(value) ? value : null;
        int? Limit(string key) => Value($"limit:{key}") is null ? null : Number($"{name}__limit__{key}", 1, 1, 1000);
        string Advice(string key, string message) => key switch
        {
            "url" when known is ChannelType.Email && channel.Url.Length == 0 => $"{message}; or set {AppSettings.EmailEndpoint} and {AppSettings.EmailSender}, to send through Communication Services",
            "url" or "secret" when Value(key) is null => $"{message}, or here a Key Vault reference to it",
            _ => message,
        };
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

    private CheckUrls CheckUrlsRule()
    {
        if (Optional(AppSettings.CheckUrls) is not { } text)
            return CheckUrls.Public;
        if (!Enum.TryParse<CheckUrls>(text, ignoreCase: true, out var rule))
            Wrong(AppSettings.CheckUrls, $"it is none, public or any, not '{text}'");
        return rule;
    }

    private CronExpression? Schedule(string name)
    {
        if (Required(name, "set an NCRONTAB expression, such as '*/30 * * * * *'") is not { } text)
            return null;
        var format = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length == 6 ? CronFormat.IncludeSeconds : CronFormat.Standard;
        if (CronExpression.TryParse(text, format, out var ticks))
            return ticks;
        Wrong(name, $"'{text}' is no NCRONTAB expression; write such as '*/30 * * * * *'");
        return null;
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
        if (value is null)
            Missing(name, hint);
        else
            CheckReference(name, value);
        return value;
    }

    private string? Optional(string name) =>
        _settings[name.Replace("__", ":", StringComparison.Ordinal)] is { } value && !string.IsNullOrWhiteSpace(value) ? value : null;

    // The platform leaves the reference itself standing when it cannot read the secret: it must never be taken for the key.
    private bool CheckReference(string name, string? value)
    {
        if (value?.StartsWith("@Microsoft.KeyVault(", StringComparison.OrdinalIgnoreCase) != true)
            return true;
        Wrong(name, "its Key Vault reference was not resolved: check that the secret exists and that the app's identity may read it");
        return false;
    }

    private void Missing(string name, string hint) => _mistakes.Add($"{name} is missing: {hint}.");

    private void Wrong(string name, string what) => _mistakes.Add($"{name} is wrong: {what}.");

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$(?<=^.{1,40})")]
    private static partial Regex LocationName();
}
