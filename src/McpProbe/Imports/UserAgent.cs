using McpProbe.Probing.Protocol;

namespace McpProbe.Imports;

/// <summary>What every visit names: the program, and whom to ask about it.</summary>
public static class UserAgent
{
    public static string Of(string? contact) => $"{ClientInfo.Name}/{ClientInfo.Version}{(contact is null ? "" : $" (+{contact})")}";

    /// <summary>Whether it is ours, of any version and contact.</summary>
    public static bool IsOurs(string text) => text.StartsWith($"{ClientInfo.Name}/", StringComparison.Ordinal);
}
