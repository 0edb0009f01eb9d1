using System.Globalization;
using System.Text.Json;
using CsCheck;

namespace McpProbe.Tests.Catalog.Json;

/// <summary>Random JSON texts for property tests.</summary>
internal static class JsonGen
{
    private static readonly string[] Keys =
        ["name", "type", "required", "properties", "description", "title", "items", "a", "b", "é", "\ufb33", "😀", "a\"b", "\\", "\n", ""];

    public static Gen<string> Key => Gen.Int[0, Keys.Length - 1].Select(i => Keys[i]);

    public static Gen<string> Value => Gen.Recursive<string>((depth, inner) => depth >= 4
        ? Scalar
        : Gen.Frequency(
            (4, Scalar),
            (2, inner.Array[0, 4].Select(items => $"[{string.Join(", ", items)}]")),
            (3, Gen.Select(Key, inner).Array[0, 5].Select(Object))));

    public static string Object(IEnumerable<(string Key, string Value)> members) =>
        $"{{ {string.Join(", ", members.DistinctBy(m => m.Key).Select(m => $"{Quote(m.Key)}: {m.Value}"))} }}";

    public static string Quote(string text) => JsonSerializer.Serialize(text);

    private static Gen<string> Scalar => Gen.OneOf(
        Gen.Int[0, 2].Select(i => new[] { "null", "true", "false" }[i]),
        Gen.Int[-1000, 1000].Select(i => i.ToString(CultureInfo.InvariantCulture)),
        Gen.Int[-1000, 1000].Select(i => (i / 8.0).ToString(CultureInfo.InvariantCulture)),
        Key.Select(Quote));
}
