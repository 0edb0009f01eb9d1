namespace McpProbe.Cli.Output;

internal static class Count
{
    /// <summary>Such as <c>1 tool</c> and <c>2 tools</c>.</summary>
    /// <param name="plural">Where it is not the noun with an s.</param>
    public static string Of(int count, string noun, string? plural = null) => count == 1 ? $"1 {noun}" : $"{count} {plural ?? noun + "s"}";
}
