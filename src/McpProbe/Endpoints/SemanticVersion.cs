using System.Text.RegularExpressions;

namespace McpProbe.Endpoints;

/// <summary>
/// A version with an order: Semantic Versioning 2.0.0, of which minor and patch may be missing (0 then) and before which a <c>v</c>
/// may stand, as servers write them. Build metadata is no part of the order.
/// </summary>
/// <remarks>The package Semver 3.0 reads the same forms. It brings numbers of any size, for 0.7 MB in a native program of nothing else.</remarks>
internal sealed partial class SemanticVersion : IComparable<SemanticVersion>
{
    // A server says what it likes.
    private const int MostLength = 256;

    private readonly string[] _core;
    private readonly string[] _preRelease;

    private SemanticVersion(string[] core, string[] preRelease) => (_core, _preRelease) = (core, preRelease);

    /// <summary>Null for text of another form.</summary>
    public static SemanticVersion? Parse(string text)
    {
        if (text.Length > MostLength || Pattern().Match(text) is not { Success: true } match) return null;
        string[] core = [match.Groups["major"].Value, match.Groups["minor"].Value, match.Groups["patch"].Value];
        var preRelease = match.Groups["pre"].Value is { Length: > 0 } identifiers ? identifiers.Split('.') : [];
        return new SemanticVersion([.. core.Select(part => part.Length == 0 ? "0" : part)], preRelease);
    }

    /// <summary>By precedence (11).</summary>
    public int CompareTo(SemanticVersion? other)
    {
        if (other is null) return 1;
        for (var i = 0; i < _core.Length; i++)
        {
            if (CompareNumbers(_core[i], other._core[i]) is not 0 and var order) return order;
        }

        // A release comes after all its pre-releases.
        if (_preRelease.Length == 0 || other._preRelease.Length == 0) return other._preRelease.Length.CompareTo(_preRelease.Length);
        foreach (var (mine, others) in _preRelease.Zip(other._preRelease))
        {
            if (CompareIdentifiers(mine, others) is not 0 and var order) return order;
        }

        return _preRelease.Length.CompareTo(other._preRelease.Length);
    }

    private static int CompareIdentifiers(string left, string right) => (left.All(char.IsAsciiDigit), right.All(char.IsAsciiDigit)) switch
    {
        (true, true) => CompareNumbers(left, right),
        (true, false) => -1,
        (false, true) => 1,
        _ => string.CompareOrdinal(left, right),
    };

    // Of any length, and without leading zeros.
    private static int CompareNumbers(string left, string right) =>
        left.Length != right.Length ? left.Length.CompareTo(right.Length) : string.CompareOrdinal(left, right);

    [GeneratedRegex(
        @"\Av?(?<major>0|[1-9][0-9]*)(\.(?<minor>0|[1-9][0-9]*)(\.(?<patch>0|[1-9][0-9]*))?)?"
        + @"(-(?<pre>(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)(\.(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*))?(\+[0-9A-Za-z.-]+)?\z",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Pattern();
}
