using System.Diagnostics.CodeAnalysis;

namespace McpProbe.Text;

/// <summary>
/// One copy of what many endpoints have in common, such as versions, hashes and names: what is kept of each is read from rows and answers of
/// its own, and would else be a copy for each. Forgetful: of all that fall on a place only the last is known, so it never grows.
/// </summary>
public static class Shared
{
    private const int Places = 1 << 14;

    /// <summary>Longer texts are seldom alike.</summary>
    private const int Longest = 128;

    [return: NotNullIfNotNull(nameof(text))]
    public static string? Text(string? text) => text is null or { Length: > Longest } ? text : Value(text);

    /// <summary>The value, or an equal one that came before.</summary>
    [return: NotNullIfNotNull(nameof(value))]
    public static T? Value<T>(T? value) where T : class, IEquatable<T>
    {
        if (value is null)
            return null;
        ref var known = ref Pool<T>.Known[value.GetHashCode() & (Places - 1)];
        return known is { } same && same.Equals(value) ? same : known = value;
    }

    /// <summary>The same for a list, by what is in it.</summary>
    public static IReadOnlyList<T> List<T>(IReadOnlyList<T> list) where T : class, IEquatable<T>
    {
        if (list.Count == 0)
            return [];
        var hash = default(HashCode);
        foreach (var item in list)
            hash.Add(item);
        ref var known = ref Pool<T>.Lists[hash.ToHashCode() & (Pool<T>.Lists.Length - 1)];
        if (known is { } same && same.AsSpan().SequenceEqual([.. list]))
            return same;
        return known = [.. list.Select(item => Value(item))];
    }

    private static class Pool<T> where T : class
    {
        internal static readonly T?[] Known = new T?[Places];
        internal static readonly T[]?[] Lists = new T[1 << 10][];
    }
}
