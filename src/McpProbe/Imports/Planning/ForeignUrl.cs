using System.Net;
using System.Text.RegularExpressions;
using McpProbe.Probing.Net;
using McpProbe.Probing.Run;
using McpProbe.Text;

namespace McpProbe.Imports.Planning;

/// <summary>An address that somebody else wrote, made fit for a probes file: without their credentials, with references where it has variables.</summary>
internal static partial class ForeignUrl
{
    private const int Most = 2000;

    /// <param name="allowPrivate">Whether it may name a host of a private network.</param>
    /// <param name="leftOut">Why no endpoint can be made of it, without anything secret; null when one can.</param>
    /// <param name="needs">Why it cannot be probed as it is; null when it can.</param>
    /// <returns>Null when it is left out.</returns>
    public static Uri? Clean(Listing listing, bool allowPrivate, out string? leftOut, out string? needs)
    {
        needs = null;
        var text = listing.Url!.Trim();
        leftOut = text.Length > Most ? $"its address is longer than {Most} characters" : Placeholder().IsMatch(text) ? "its address holds a placeholder" : null;
        if (leftOut is not null)
            return null;

        var hash = text.IndexOf('#', StringComparison.Ordinal);
        text = WithReferences(listing, hash < 0 ? text : text[..hash], out var variables);
        if (variables.Count > 0)
            needs = $"has the variable{(variables.Count > 1 ? "s" : "")} {string.Join(", ", variables.Take(5))} in its address";
        if (UserInfo().Match(text) is { Success: true } user)
        {
            text = text.Remove(user.Groups["user"].Index, user.Groups["user"].Length);
            needs = "its listed address holds a user name or password, which was left out";
        }

        if (WithoutSecrets(listing.Name, ref text) is { } secret)
            needs = secret;
        if (UrlRules.MistakeInTemplate(text, out var url) is { } mistake)
        {
            leftOut = variables.Count > 0 && mistake.StartsWith("has a reference", StringComparison.Ordinal)
                ? $"its host has the variable {variables[0]}"
                : $"its address {(mistake.StartsWith("a URL", StringComparison.Ordinal) ? "is wrong: " : "")}{mistake}";
            return null;
        }

        if (!allowPrivate && IsPrivate(url!))
        {
            leftOut = "its address is on a private network or this machine";
            return null;
        }

        return url;
    }

    /// <summary>As two spellings of one address are the same: for who claims it.</summary>
    public static string Identity(Uri url) => url.AbsoluteUri.TrimEnd('/');

    private static string WithReferences(Listing listing, string text, out List<string> variables)
    {
        var found = variables = [];
        return Variable().Replace(text, match =>
        {
            var name = match.Groups["name"].Value;
            if (name.StartsWith("env:", StringComparison.Ordinal) || name.StartsWith("input:", StringComparison.Ordinal))
                name = name[(name.IndexOf(':', StringComparison.Ordinal) + 1)..];
            else if (listing.Defaults.TryGetValue(name, out var value) && PlainValue().IsMatch(value))
            {
                found.Add(ForeignText.OneLine(name, 40));
                return value;
            }

            found.Add(ForeignText.OneLine(name, 40));
            return $"${{env:{VariableNames.Of(listing.Name, name)}}}";
        });
    }

    /// <summary>Puts references in the place of what looks like a credential in the path and the query.</summary>
    private static string? WithoutSecrets(string server, ref string text)
    {
        var start = text.IndexOf('?', StringComparison.Ordinal);
        var (path, query) = start < 0 ? (text, "") : (text[..start], text[(start + 1)..]);
        string? needs = null;
        var secrets = ForeignSecrets.InQuery(query).ToHashSet();
        if (secrets.Count > 0)
        {
            needs = $"its listed address holds what looks like a credential ({ForeignText.OneLine(string.Join(", ", secrets.Take(3)), 60)}), which was left out";
            query = string.Join('&', query.Split('&', ';').Select(pair =>
                pair.Split('=')[0] is var name && secrets.Contains(name) ? $"{name}=${{env:{VariableNames.Of(server, name)}}}" : pair));
        }

        var segments = path.Split('/');
        // The scheme, nothing, the host, and the path after them.
        for (var i = 3; i < segments.Length; i++)
        {
            if (SecretReference.IsIn(segments[i]) || !ForeignSecrets.LooksLikeOne(segments[i]))
                continue;
            segments[i] = $"${{env:{VariableNames.Of(server, "path")}}}";
            needs = "its listed address holds what looks like a credential (in its path), which was left out";
        }

        text = string.Join('/', segments) + (start < 0 ? "" : $"?{query}");
        return needs;
    }

    private static bool IsPrivate(Uri url)
    {
        var host = url.IdnHost.TrimEnd('.');
        if (IPAddress.TryParse(host.Trim('[', ']'), out var address))
            return AddressPolicy.Refusal(address, AddressRule.PublicOnly) is not null;
        return !host.Contains('.', StringComparison.Ordinal)
            || Array.Exists([".localhost", ".local", ".internal", ".lan", ".home.arpa", ".test", ".invalid"], end => host.EndsWith(end, StringComparison.OrdinalIgnoreCase));
    }

    [GeneratedRegex(@"\$?\{\{?(?<name>[^{}/?#]{1,80})\}?\}")]
    private static partial Regex Variable();

    [GeneratedRegex(@"<[^<>/]{1,80}>|\[[A-Za-z_ -]{2,80}\]")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9+.-]*://(?<user>[^/?#]*@)")]
    private static partial Regex UserInfo();

    [GeneratedRegex(@"\A[A-Za-z0-9._~-]{1,100}\z")]
    private static partial Regex PlainValue();
}
