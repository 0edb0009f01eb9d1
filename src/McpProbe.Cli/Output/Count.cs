namespace McpProbe.Cli.Output;

internal static class Count
{
    /// <summary>Such as <c>1 tool</c> and <c>2 tools</c>.</summary>
    public static string Of(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
