using System.Security.Cryptography;
using System.Text;
using McpProbe.Model;

namespace McpProbe.Drift;

/// <summary>
/// Changes by short hashes, so that what two catalogues have in common can be told without keeping either: a state row is small.
/// </summary>
internal static class ChangeKeys
{
    /// <summary>Kept of one catalogue, worst changes first: some 1.5 KB in a state.</summary>
    internal const int Most = 100;

    private const int KeyBytes = 8;

    internal static IReadOnlyList<string> Of(IReadOnlyList<Change> changes)
    {
        var keys = new List<string>();
        foreach (var change in changes)
        {
            if (keys.Count >= Most)
                break;
            keys.Add(Exact(change));
            if (Lasting(change) is var lasting && lasting != keys[^1])
                keys.Add(lasting);
        }

        return keys;
    }

    /// <summary>The change with its values.</summary>
    internal static string Exact(Change change) => Hash(change, change.After?.GetRawText());

    /// <summary>
    /// The change as callers meet it. What breaks them, or may, is the same whatever the new value is: a required argument with
    /// another name each time breaks every call. Other changes are the same only with the same values.
    /// </summary>
    internal static string Lasting(Change change) =>
        change.Class is ChangeClass.Breaking or ChangeClass.Unknown ? Hash(change, null) : Exact(change);

    private static string Hash(Change change, string? after)
    {
        var text = string.Join('\n', change.Rule, change.Tool, change.Path, change.Before?.GetRawText(), after is null ? "" : $"={after}");
        return Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, KeyBytes)).TrimEnd('=');
    }
}
