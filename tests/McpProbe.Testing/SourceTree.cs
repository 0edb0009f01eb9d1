namespace McpProbe.Testing;

/// <summary>The repository that the tests were built in: guides and samples are tested as they are.</summary>
public static class SourceTree
{
    private static readonly string Root = Find();

    /// <param name="path">From the root, with slashes.</param>
    public static string PathOf(string path) => Path.Combine(Root, path.Replace('/', Path.DirectorySeparatorChar));

    public static Task<string> ReadAsync(string path) => File.ReadAllTextAsync(PathOf(path), TestContext.Current.CancellationToken);

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
