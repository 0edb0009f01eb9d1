using System.Text.Json;
using System.Text.Json.Serialization;
using McpProbe.Configuration;
using McpProbe.Endpoints;
using McpProbe.Monitoring;

namespace McpProbe.Web.Api;

/// <summary>What <c>PUT /api/probes</c> changed, or would change; docs/schema/applied.schema.json.</summary>
/// <param name="DryRun">Nothing was changed.</param>
/// <param name="Restored">They had been archived before, and are watched again with their history.</param>
/// <param name="Archived">They are not in the file: watched no longer, their history kept.</param>
/// <param name="Unchanged">How many stay as they are.</param>
/// <param name="Warnings">What of the file is not applied, and does no harm.</param>
public sealed record AppliedDocument(
    bool DryRun,
    IReadOnlyList<string> Added,
    IReadOnlyList<ChangedDefinition> Changed,
    IReadOnlyList<string> Restored,
    IReadOnlyList<string> Archived,
    int Unchanged,
    IReadOnlyList<string> Warnings)
{
    internal static AppliedDocument Of(ProbesPlan plan, bool dryRun, IReadOnlyList<string> warnings) => new(
        dryRun,
        plan.Change.Added,
        [.. plan.Puts.Where(put => put.Before is { Source: not EndpointSource.Archived }).Select(put => ChangedDefinition.Of(put.Before!.Endpoint, put.Endpoint))],
        plan.Change.Restored,
        plan.Change.Archived,
        plan.Unchanged,
        warnings);
}

/// <param name="Changes">By the definition's members; empty where only who owns it changes.</param>
public sealed record ChangedDefinition(string Id, IReadOnlyList<DefinitionChange> Changes)
{
    internal static ChangedDefinition Of(Endpoint before, Endpoint after)
    {
        using var old = JsonDocument.Parse(EndpointJson.ToJson(before));
        using var @new = JsonDocument.Parse(EndpointJson.ToJson(after));
        var changes = new List<DefinitionChange>();
        Compare("", old.RootElement, @new.RootElement, changes);
        return new ChangedDefinition(after.Id, changes);
    }

    // Lists are compared as a whole: an entry has no name that would say which one it was.
    private static void Compare(string path, JsonElement? before, JsonElement? after, List<DefinitionChange> changes)
    {
        if (before is { ValueKind: JsonValueKind.Object } left && after is { ValueKind: JsonValueKind.Object } right)
        {
            foreach (var name in left.EnumerateObject().Concat(right.EnumerateObject()).Select(member => member.Name).Distinct(StringComparer.Ordinal))
                Compare(path.Length == 0 ? name : $"{path}.{name}", Member(left, name), Member(right, name), changes);
        }
        else if (before is null || after is null || !JsonElement.DeepEquals(before.Value, after.Value))
        {
            changes.Add(new DefinitionChange(path, before?.Clone(), after?.Clone()));
        }

        static JsonElement? Member(JsonElement of, string name) => of.TryGetProperty(name, out var value) ? value : null;
    }
}

/// <param name="Path">Such as <c>conditions.requireTools</c>.</param>
/// <param name="Before">Absent where the default stood.</param>
/// <param name="After">Absent where the default stands.</param>
public sealed record DefinitionChange(
    string Path,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? Before,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? After);
