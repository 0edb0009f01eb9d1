namespace McpProbe.Bench.Azure;

internal static class Repository
{
    /// <summary>The directory of the solution that this program was built from.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string directory) =>
        File.Exists(Path.Combine(directory, "McpProbeFunctions.sln"))
            ? directory
            : Find(Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("The simulations run inside the repository."));
}
