using McpProbe.Functions.Storage;

namespace McpProbe.Functions;

/// <summary>What failures have in common, for a log that tells each cause once a minute.</summary>
internal static class Cause
{
    public static string Of(Exception failure) => StorageObstacle.Of(failure)?.Reason ?? failure.GetType().FullName!;
}
