using System.Text.RegularExpressions;
using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;
using McpProbe.Imports.Planning;
using McpProbe.Text;

namespace McpProbe.Imports.Files;

/// <summary>The request headers of another monitor's check, as an endpoint's: those that a probe sets itself go, and credentials become references.</summary>
internal static partial class OwnHeaders
{
    /// <param name="check">Names variables.</param>
    /// <param name="needs">The variables that a person must set; null for none.</param>
    public static Dictionary<string, string> Of(string check, IEnumerable<(string Name, string? Value)> headers, out string? needs)
    {
        var own = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var variables = new List<string>();
        foreach (var (name, value) in headers)
        {
            if (HeaderRules.MistakeInName(name) is not null || value is null || value.Any(char.IsControl) || string.IsNullOrWhiteSpace(value))
                continue;
            if (Referenced().Match(value) is { Success: true } match && !SecretReference.IsOurs(match.Groups["name"].Value))
                own[name] = $"{match.Groups["scheme"].Value}${{env:{match.Groups["name"].Value}}}";
            else if (CredentialHeaders.Contains(name) || ForeignSecrets.LooksLikeOne(value) || value.Contains("${", StringComparison.Ordinal))
                own[name] = $"${{env:{VariableNames.Of(check, name)}}}";
            else
                own[name] = value;
            variables.AddRange(SecretReference.NamesIn(own[name]));
        }

        needs = variables.Count == 0 ? null : $"needs the variable{(variables.Count > 1 ? "s" : "")} {string.Join(", ", variables.Distinct().Take(5))}";
        return own;
    }

    [GeneratedRegex(@"\A(?<scheme>(Bearer|Basic|Token) )?\$\{?(?<name>[A-Za-z_][A-Za-z0-9_]*)\}?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Referenced();
}
