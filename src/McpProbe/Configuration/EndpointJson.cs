using System.Buffers;
using System.Text;
using System.Text.Json;
using McpProbe.Configuration.Binders;
using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;
using McpProbe.Text;

namespace McpProbe.Configuration;

/// <summary>One endpoint as JSON, in the shape that it has in a probes file: for the API, for stores and for queue messages.</summary>
public static class EndpointJson
{
    /// <summary>Reads and validates.</summary>
    /// <param name="id">The id from the route; null to take it from the document. When both are there they must agree.</param>
    /// <param name="channels">The channels there are; null leaves open which are.</param>
    /// <param name="longestTimeout">The longest time-out that the head allows; null for any.</param>
    public static Parsed<Endpoint> Read(
        ReadOnlyMemory<byte> json, string? id = null, IReadOnlyCollection<string>? channels = null, TimeSpan? longestTimeout = null)
    {
        var reader = new ConfigReader("body") { LongestTimeout = longestTimeout };
        Endpoint? endpoint = null;
        try
        {
            var root = JsonConfig.Read(json.Span);
            endpoint = new EndpointBinder(reader).Endpoint(root, "", EndpointBinder.NoDefaults, id);
            if (channels is not null)
                new ChannelNames(reader, channels, "none is configured").Check(root, "");
        }
        catch (ConfigSyntaxException mistake)
        {
            reader.Fail(mistake.At, "", mistake.Message);
        }

        return new Parsed<Endpoint>(reader.HasErrors ? null : endpoint, reader.Errors);
    }

    /// <summary>
    /// What can be read of a definition that does not validate: <see cref="Endpoint.WithoutTarget"/>, with the default for each key
    /// that is wrong itself.
    /// </summary>
    public static Endpoint ReadWithoutTarget(ReadOnlyMemory<byte> json, string id)
    {
        Endpoint? read = null;
        try
        {
            read = new EndpointBinder(new ConfigReader("body")).Endpoint(JsonConfig.Read(json.Span), "", EndpointBinder.NoDefaults, id);
        }
        catch (ConfigSyntaxException)
        {
            // It says nothing at all.
        }

        return (read ?? EndpointBinder.NoDefaults).WithoutTarget() with { Id = id };
    }

    /// <summary>Writes what <see cref="Read"/> reads; values that are the default are left out.</summary>
    public static void Write(Utf8JsonWriter writer, Endpoint endpoint)
    {
        writer.WriteStartObject();
        writer.WriteString("id", endpoint.Id);
        if (endpoint.Name is not null) writer.WriteString("name", endpoint.Name);
        if (endpoint.Notes is not null) writer.WriteString("notes", endpoint.Notes);
        if (endpoint.Url is not null) writer.WriteString("url", endpoint.Url.OriginalString);
        if (endpoint.Command is not null) WriteList(writer, "command", endpoint.Command);
        if (endpoint.Environment.Count > 0) WriteTexts(writer, "environment", endpoint.Environment);
        if (endpoint.Transport != TransportChoice.Auto) writer.WriteString("transport", WireNames.Of(endpoint.Transport));
        if (endpoint.Protocol is not null) writer.WriteString("protocol", endpoint.Protocol);
        if (endpoint.Headers.Count > 0) WriteTexts(writer, "headers", endpoint.Headers);
        if (endpoint.Bearer is not null) writer.WriteString("bearer", endpoint.Bearer);
        if (endpoint.OAuth is not null) WriteOAuth(writer, endpoint.OAuth);
        if (endpoint.ConnectTo is not null) writer.WriteString("connectTo", endpoint.ConnectTo);
        if (endpoint.Insecure) writer.WriteBoolean("insecure", true);
        WriteTls(writer, endpoint.Tls);
        if (endpoint.Interval != Endpoint.DefaultInterval) writer.WriteString("interval", Durations.Format(endpoint.Interval));
        if (endpoint.Timeout != Endpoint.DefaultTimeout) writer.WriteString("timeout", Durations.Format(endpoint.Timeout));
        WriteConditions(writer, endpoint.Conditions);
        if (endpoint.Smoke is not null) WriteSmoke(writer, endpoint.Smoke);
        if (endpoint.Canary) writer.WriteBoolean("canary", true);
        if (endpoint.ColdStart is { } cold)
        {
            writer.WriteStartObject("coldStart");
            writer.WriteString("after", Durations.Format(cold.After));
            if (cold.Budget is { } most) writer.WriteString("budget", Durations.Format(most));
            writer.WriteEndObject();
        }

        if (endpoint.DriftPolicy != Default.DriftPolicy) writer.WriteString("driftPolicy", WireNames.Of(endpoint.DriftPolicy));
        if (endpoint.FailureThreshold != Default.FailureThreshold) writer.WriteNumber("failureThreshold", endpoint.FailureThreshold);
        if (endpoint.SuccessThreshold != Default.SuccessThreshold) writer.WriteNumber("successThreshold", endpoint.SuccessThreshold);
        if (endpoint.Channels.Count > 0) WriteList(writer, "channels", endpoint.Channels);
        WriteAlerts(writer, endpoint.Alerts);
        if (endpoint.Slo is { } slo) writer.WriteNumber("slo", slo);
        if (endpoint.Maintenance.Count > 0) WriteMaintenance(writer, endpoint.Maintenance);
        if (endpoint.Group is not null) writer.WriteString("group", endpoint.Group);
        if (endpoint.Tags.Count > 0) WriteList(writer, "tags", endpoint.Tags);
        if (endpoint.Visibility != Default.Visibility) writer.WriteString("visibility", WireNames.Of(endpoint.Visibility));
        if (endpoint.HideUrl) writer.WriteBoolean("hideUrl", true);
        if (endpoint.Metrics is { } metrics) writer.WriteBoolean("metrics", metrics);
        if (endpoint.TraceContext) writer.WriteBoolean("traceContext", true);
        if (!endpoint.Deep) writer.WriteBoolean("deep", false);
        if (endpoint.Clients.Count > 0) WriteClients(writer, endpoint.Clients);
        if (endpoint.Paused) writer.WriteBoolean("paused", true);
        if (endpoint.Imported is not null) WriteImported(writer, endpoint.Imported);
        writer.WriteEndObject();
    }

    public static string ToJson(Endpoint endpoint)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer)) Write(writer, endpoint);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static Endpoint Default => EndpointBinder.NoDefaults;

    private static void WriteTexts(Utf8JsonWriter writer, string key, IReadOnlyDictionary<string, string> texts)
    {
        writer.WriteStartObject(key);
        foreach (var (name, value) in texts) writer.WriteString(name, value);
        writer.WriteEndObject();
    }

    private static void WriteClients(Utf8JsonWriter writer, IReadOnlyList<ClientVariant> clients)
    {
        writer.WriteStartArray("clients");
        foreach (var client in clients)
        {
            writer.WriteStartObject();
            if (client.Name is not null) writer.WriteString("name", client.Name);
            if (client.Version is not null) writer.WriteString("version", client.Version);
            if (client.Bearer is not null) writer.WriteString("bearer", client.Bearer);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteImported(Utf8JsonWriter writer, Imported imported)
    {
        writer.WriteStartObject("imported");
        writer.WriteString("from", imported.From);
        writer.WriteString("name", imported.Name);
        if (imported.Version is not null) writer.WriteString("version", imported.Version);
        if (imported.Status is { } status) writer.WriteString("status", WireNames.Of(status));
        if (imported.Paused is not null) writer.WriteString("paused", imported.Paused);
        if (imported.Watched) writer.WriteBoolean("watched", true);
        if (imported.AllowPrivate) writer.WriteBoolean("allowPrivate", true);
        writer.WriteEndObject();
    }

    private static void WriteOAuth(Utf8JsonWriter writer, OAuthClient client)
    {
        writer.WriteStartObject("oauth");
        writer.WriteString("clientId", client.ClientId);
        writer.WriteString("clientSecret", client.ClientSecret);
        if (client.TokenUrl is not null) writer.WriteString("tokenUrl", client.TokenUrl.OriginalString);
        if (client.Issuer is not null) writer.WriteString("issuer", client.Issuer.OriginalString);
        if (client.Scope is not null) writer.WriteString("scope", client.Scope);
        writer.WriteEndObject();
    }

    private static void WriteTls(Utf8JsonWriter writer, TlsSettings tls)
    {
        if (tls == TlsSettings.Default) return;
        writer.WriteStartObject("tls");
        if (tls.Ca is not null) writer.WriteString("ca", tls.Ca);
        if (tls.Certificate is not null) writer.WriteString("certificate", tls.Certificate);
        if (tls.Key is not null) writer.WriteString("key", tls.Key);
        writer.WriteEndObject();
    }

    private static void WriteConditions(Utf8JsonWriter writer, Conditions conditions)
    {
        if (IsDefault(conditions)) return;
        writer.WriteStartObject("conditions");
        if (conditions.AllowEmpty) writer.WriteBoolean("allowEmpty", true);
        if (!conditions.ToolsUsable) writer.WriteBoolean("toolsUsable", false);
        if (conditions.RequireTools.Count > 0) WriteList(writer, "requireTools", conditions.RequireTools);
        if (conditions.ForbidTools.Count > 0) WriteList(writer, "forbidTools", conditions.ForbidTools);
        if (conditions.RequireLists.Count > 0) WriteList(writer, "requireLists", [.. conditions.RequireLists.Select(WireNames.Of)]);
        if (conditions.ExpectProtocol is not null) writer.WriteString("expectProtocol", conditions.ExpectProtocol);
        if (conditions.ExpectServer is not null) writer.WriteString("expectServer", conditions.ExpectServer);
        if (conditions.ExpectServerVersion is not null) writer.WriteString("expectServerVersion", conditions.ExpectServerVersion);
        if (conditions.Budgets != LatencyBudgets.None)
        {
            writer.WriteStartObject("budgets");
            foreach (var (phase, budget) in conditions.Budgets.Named()) writer.WriteString(phase, Durations.Format(budget));
            writer.WriteEndObject();
        }

        if (conditions.CertificateDays != Conditions.DefaultCertificateDays) writer.WriteNumber("certificateDays", conditions.CertificateDays);
        if (conditions.Specification is { } least) writer.WriteString("specification", WireNames.Of(least));
        if (conditions.MaxTokens is { } tokens) writer.WriteNumber("maxTokens", tokens);
        writer.WriteEndObject();
    }

    // Lists are compared by what is in them, which records do not.
    private static bool IsDefault(Conditions conditions) =>
        conditions is { RequireTools.Count: 0, ForbidTools.Count: 0, RequireLists.Count: 0 }
        && Default.Conditions == conditions with
        {
            RequireTools = Default.Conditions.RequireTools,
            ForbidTools = Default.Conditions.ForbidTools,
            RequireLists = Default.Conditions.RequireLists,
        };

    private static void WriteSmoke(Utf8JsonWriter writer, SmokeCall call)
    {
        writer.WriteStartObject("smoke");
        if (call.Tool is not null) writer.WriteString("tool", call.Tool);
        if (call.Arguments != "{}") WriteJson(writer, "args", call.Arguments);
        if (call.ExpectText is not null) writer.WriteString("expectText", call.ExpectText);
        if (call.ExpectContent.Count > 0)
        {
            writer.WriteStartObject("expectContent");
            foreach (var (pointer, value) in call.ExpectContent) WriteJson(writer, pointer, value);
            writer.WriteEndObject();
        }

        if (call.ExpectError) writer.WriteBoolean("expectError", true);
        writer.WriteEndObject();
    }

    private static void WriteAlerts(Utf8JsonWriter writer, AlertPolicy alerts)
    {
        if (IsDefault(alerts)) return;
        writer.WriteStartObject("alerts");
        if (alerts.RemindEvery is { } every) writer.WriteString("remindEvery", Durations.Format(every));
        if (alerts.Escalate.Count > 0)
        {
            writer.WriteStartArray("escalate");
            foreach (var step in alerts.Escalate)
            {
                writer.WriteStartObject();
                writer.WriteString("after", Durations.Format(step.After));
                WriteList(writer, "channels", step.Channels);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        if (alerts.Flapping is not { } flapping) writer.WriteBoolean("flapping", false);
        else if (flapping != FlappingRule.Default) WriteFlapping(writer, flapping);
        if (alerts.Drift != Default.Alerts.Drift) writer.WriteString("drift", WireNames.Of(alerts.Drift));
        if (alerts.UnstableAfter is not { } probes) writer.WriteBoolean("unstableAfter", false);
        else if (probes != Default.Alerts.UnstableAfter) writer.WriteNumber("unstableAfter", probes);
        if (alerts.Suspicious != Default.Alerts.Suspicious) writer.WriteString("suspicious", WireNames.Of(alerts.Suspicious));
        if (!alerts.CertificateDays.SequenceEqual(Default.Alerts.CertificateDays))
        {
            writer.WriteStartArray("certificateDays");
            foreach (var days in alerts.CertificateDays) writer.WriteNumberValue(days);
            writer.WriteEndArray();
        }

        if (!alerts.Degraded) writer.WriteBoolean("degraded", false);
        if (alerts.Latency is not { } latency) writer.WriteBoolean("latency", false);
        else if (latency != LatencyRegressionRule.Default) WriteLatency(writer, latency);
        if (!alerts.Gated) writer.WriteBoolean("gated", false);
        if (alerts.SessionsCut is not { } cut) writer.WriteBoolean("sessionsCut", false);
        else if (cut != Default.Alerts.SessionsCut) writer.WriteNumber("sessionsCut", cut);
        if (alerts.Unwatched is not { } unwatched) writer.WriteBoolean("unwatchedAfter", false);
        else if (unwatched.After is { } after) writer.WriteString("unwatchedAfter", Durations.Format(after));
        if (alerts.Quorum is { } quorum) writer.WriteNumber("quorum", quorum);
        writer.WriteEndObject();
    }

    // Lists are compared by what is in them, which records do not.
    private static bool IsDefault(AlertPolicy alerts) =>
        alerts.Escalate.Count == 0
        && alerts.CertificateDays.SequenceEqual(Default.Alerts.CertificateDays)
        && Default.Alerts == alerts with { Escalate = Default.Alerts.Escalate, CertificateDays = Default.Alerts.CertificateDays };

    private static void WriteFlapping(Utf8JsonWriter writer, FlappingRule rule)
    {
        writer.WriteStartObject("flapping");
        writer.WriteNumber("changes", rule.Changes);
        writer.WriteString("within", Durations.Format(rule.Within));
        writer.WriteEndObject();
    }

    private static void WriteLatency(Utf8JsonWriter writer, LatencyRegressionRule rule)
    {
        writer.WriteStartObject("latency");
        writer.WriteNumber("factor", rule.Factor);
        writer.WriteString("atLeast", Durations.Format(rule.AtLeast));
        writer.WriteEndObject();
    }

    private static void WriteMaintenance(Utf8JsonWriter writer, IReadOnlyList<MaintenanceWindow> windows)
    {
        writer.WriteStartArray("maintenance");
        foreach (var window in windows)
        {
            writer.WriteStartObject();
            writer.WriteString("cron", window.Cron);
            writer.WriteString("duration", Durations.Format(window.Duration));
            if (window.TimeZone != "UTC") writer.WriteString("timeZone", window.TimeZone);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteJson(Utf8JsonWriter writer, string name, string json)
    {
        writer.WritePropertyName(name);
        writer.WriteRawValue(json);
    }

    private static void WriteList(Utf8JsonWriter writer, string name, IReadOnlyList<string> items)
    {
        writer.WriteStartArray(name);
        foreach (var item in items) writer.WriteStringValue(item);
        writer.WriteEndArray();
    }
}
