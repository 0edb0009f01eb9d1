namespace McpProbe.Drift;

/// <summary>JSON pointers (RFC 6901).</summary>
internal static class JsonPointer
{
    public static string To(string parent, string key) =>
        $"{parent}/{key.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";
}
