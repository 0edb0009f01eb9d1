using System.Text.RegularExpressions;
using McpProbe.Configuration;
using McpProbe.Monitoring;
using McpProbe.Text;

namespace McpProbe.Web.Pages.Forms;

/// <summary>What somebody typed into the form of an endpoint, or what stands in it to begin with.</summary>
/// <param name="Fields">By key, as <see cref="EndpointDraft"/> takes them.</param>
/// <param name="Advanced">The other keys, as YAML or JSON.</param>
internal sealed partial record TypedEndpoint(IReadOnlyDictionary<string, IReadOnlyList<string>> Fields, string Advanced)
{
    internal static readonly TypedEndpoint Blank = new(new Dictionary<string, IReadOnlyList<string>>(), "");

    private const char BetweenTags = ',';

    /// <summary>The generation of the definition that the form was filled from; null for a new endpoint.</summary>
    internal string? Generation { get; private init; }

    /// <summary>The text of a field; empty when there is none.</summary>
    internal string this[string key] => Fields.TryGetValue(key, out var values) ? string.Join($"{BetweenTags} ", values) : "";

    internal bool Has(string key, string value) => Fields.TryGetValue(key, out var values) && values.Contains(value);

    internal static TypedEndpoint Of(RegisteredEndpoint registered)
    {
        // One that does not validate any more is paused for that reason only.
        var (fields, advanced) = EndpointDraft.Write(registered.Mistakes is null ? registered.Endpoint : registered.Endpoint with { Paused = false });
        return new TypedEndpoint(fields, advanced) { Generation = GenerationOf(registered.Generation) };
    }

    internal static string GenerationOf(long generation) => generation.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <param name="id">Of the endpoint that is changed; null for a new one, whose id is typed.</param>
    internal static TypedEndpoint Of(FormFields form, string? id)
    {
        var fields = EndpointDraft.Fields.ToDictionary(key => key, key => key == "tags"
            ? [.. (form[key] ?? "").Split(BetweenTags, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)]
            : form.Values(key));
        if (id is not null)
            fields["id"] = [id];
        return new TypedEndpoint(fields, form["advanced"] ?? "") { Generation = form["generation"] };
    }

    /// <summary>
    /// The same without what might be a credential: a form that comes back with its mistakes shows none that was typed by mistake.
    /// </summary>
    /// <param name="literals">Credentials that were found where references must stand.</param>
    internal TypedEndpoint WithoutCredentials(IReadOnlyList<string> literals)
    {
        var fields = new Dictionary<string, IReadOnlyList<string>>(Fields);
        if (!SecretReference.IsIn(this["bearer"]) || !SecretReference.AllValid(this["bearer"]))
            fields["bearer"] = [];
        fields["url"] = [UserInfo().Replace(this["url"], "$1")];
        var advanced = CredentialLine().Replace(Advanced, "$1");
        foreach (var literal in literals)
            advanced = Regex.Replace(advanced, $"(?<![^\\s:\"'{{,\\[]){Regex.Escape(literal)}(?![^\\s\"',}}\\]])", "");
        // Written in some other way, such as over several lines.
        return this with { Fields = fields, Advanced = literals.Any(literal => advanced.Contains(literal, StringComparison.Ordinal)) ? "" : advanced };
    }

    [GeneratedRegex(@"^(\s*[a-zA-Z][a-zA-Z0-9+.-]*://)[^/?#\s]*@")]
    private static partial Regex UserInfo();

    // A key that names a credential, and a value that refers to none.
    [GeneratedRegex(
        """((?:authorization|bearer|cookie|[\w-]{0,40}(?:secret|token|password|passwd|api[-_]?key))["']?[ \t]*[:=][ \t]*)(?![^\r\n]*\$\{env:)[^\r\n{[]+""",
        RegexOptions.IgnoreCase)]
    private static partial Regex CredentialLine();
}
