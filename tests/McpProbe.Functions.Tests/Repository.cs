namespace McpProbe.Functions.Tests;

/// <summary>The repository that these tests were built in.</summary>
internal static class Repository
{
    private static readonly string Root = Find();

    internal static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "McpProbeFunctions.sln")))
                return directory.FullName;
        }

        throw new InvalidOperationException($"no repository above {AppContext.BaseDirectory}");
    }
}
