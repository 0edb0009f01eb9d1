using System.Text.Json;
using System.Text.Json.Serialization;

namespace McpProbe.Text;

/// <summary>Enum members as the contracts spell them: <c>ConnectTimeout</c> is <c>connect-timeout</c> in JSON, in text and in rows.</summary>
public sealed class WireNameConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false)
    where T : struct, Enum;

/// <summary>The same spelling for text output and keys.</summary>
public static class WireNames
{
    public static string Of<T>(T value) where T : struct, Enum => Names<T>.ByValue[value];

    /// <summary>Reads a wire name back; false when it names no member.</summary>
    public static bool TryParse<T>(string text, out T value) where T : struct, Enum =>
        Names<T>.ByName.TryGetValue(text, out value);

    public static IReadOnlyCollection<string> All<T>() where T : struct, Enum => Names<T>.ByName.Keys;

    private static class Names<T> where T : struct, Enum
    {
        internal static readonly Dictionary<T, string> ByValue = Enum.GetValues<T>().ToDictionary(value => value, Name);
        internal static readonly Dictionary<string, T> ByName = ByValue.ToDictionary(pair => pair.Value, pair => pair.Key);

        // The one name that kebab case cannot spell.
        private static string Name(T value) => value.ToString() is "HttpSse"
            ? "http+sse"
            : JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());
    }
}
