using System.Globalization;
using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;
using McpProbe.Text;

namespace McpProbe.Configuration.Binders;

/// <summary>Reads one entry of <c>imports</c>.</summary>
internal sealed class ImportBinder(ConfigReader reader)
{
    private static readonly string[] Keys =
    [
        "source", "name", "url", "interval", "probeEvery", "group", "limit", "activate", "deny", "contact", "search", "key", "tenant", "visibility", "allowPrivate",
    ];

    private static readonly TimeSpan LeastProbeEvery = TimeSpan.FromMinutes(1);

    public ImportDefinition? Import(ConfigNode node, string path)
    {
        if (reader.Members(node, path, Keys) is not { } members) return null;
        if (!members.TryGetValue("source", out var source))
        {
            reader.Fail(node.At, path, $"has no 'source'; write one of {string.Join(", ", WireNames.All<RegistryKind>())}");
            return null;
        }

        if (reader.Choice<RegistryKind>(source.Value, $"{path}.source") is not { } kind) return null;
        var import = new ImportDefinition { Name = WireNames.Of(kind), Source = kind };
        foreach (var (key, _, value) in members.Values)
        {
            var at = $"{path}.{key}";
            import = key switch
            {
                "name" when reader.Id(value, at) is { } name => import with { Name = name },
                "url" when Url(value, at) is { } url => import with { Url = url },
                "interval" when reader.Duration(value, at, ImportDefinition.LeastInterval) is { } interval => import with { Interval = interval },
                "probeEvery" when reader.Duration(value, at, LeastProbeEvery) is { } every => import with { ProbeEvery = every },
                "group" when reader.String(value, at) is { } group => import with { Group = group },
                "limit" when Limit(value, at) is { } limit => import with { Limit = limit },
                "activate" when reader.Boolean(value, at) is { } activate => import with { Activate = activate },
                "deny" when reader.Strings(value, at, "a list of hosts, names and URLs") is { } deny => import with { Deny = deny },
                "contact" when Contact(value, at) is { } contact => import with { Contact = contact },
                "search" when reader.String(value, at) is { } search => import with { Search = search },
                "key" when Reference(value, at) is { } secret => import with { Key = secret },
                "tenant" when Reference(value, at) is { } tenant => import with { Tenant = tenant },
                "visibility" when reader.Choice<Visibility>(value, at) is { } visibility => import with { Visibility = visibility },
                "allowPrivate" when reader.Boolean(value, at) is { } allowed => import with { AllowPrivate = allowed },
                _ => import,
            };
        }

        Check(import, members, path);
        return import;
    }

    private void Check(ImportDefinition import, IReadOnlyDictionary<string, ConfigMember> members, string path)
    {
        if (import.Activate && !members.ContainsKey("contact"))
            reader.Fail(members["activate"].At, $"{path}.activate", $"probes other people's servers, who must be able to ask who does; add 'contact', {ContactAddress.Description}");
        if (import.Key is not null && import.Url is { IsLoopback: false, Scheme: "http" })
            reader.Fail(members["url"].At, $"{path}.url", "is http, which would send the key unencrypted; use https");
        if (import.Tenant is not null && import.Source is not RegistryKind.Pulsemcp)
            reader.Fail(members["tenant"].At, $"{path}.tenant", "is asked for by pulsemcp only; remove it");
    }

    private Uri? Url(ConfigNode node, string path)
    {
        if (reader.String(node, path, "the registry's base address") is not { } text) return null;
        var mistake = UrlRules.MistakeIn(text, out var url);
        if (mistake is null && text.Contains('?', StringComparison.Ordinal)) mistake = "a registry's base address has no query; remove it, and give a key in 'key'";
        if (mistake is null) return url;
        reader.Fail(node.At, path, mistake);
        return null;
    }

    private int? Limit(ConfigNode node, string path)
    {
        if (node.Kind == ConfigKind.Number && int.TryParse(node.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= ImportDefinition.MostEndpoints)
            return limit;
        reader.Fail(node.At, path, $"must be a whole number from 1 to {ImportDefinition.MostEndpoints}");
        return null;
    }

    private string? Contact(ConfigNode node, string path)
    {
        if (reader.String(node, path, ContactAddress.Description) is not { } contact) return null;
        if (ContactAddress.IsValid(contact)) return contact;
        reader.Fail(node.At, path, $"is not {ContactAddress.Description}");
        return null;
    }

    // Never shows the value.
    private string? Reference(ConfigNode node, string path)
    {
        if (reader.String(node, path, $"a reference such as {SecretReference.Example}") is not { } secret) return null;
        if (!SecretReference.Is(secret))
            reader.Fail(node.At, path, $"holds a literal credential; use {SecretReference.Example} and set that variable, so that no secret is in the file");
        else if (SecretReference.IsOurs(SecretReference.NamesIn(secret).First()))
            reader.Fail(node.At, path, $"names {SecretReference.NamesIn(secret).First()}, which is McpProbe's own and for no registry to have; name another");
        else
            return secret;
        return null;
    }
}
