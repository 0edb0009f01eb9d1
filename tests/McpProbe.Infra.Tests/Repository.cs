using McpProbe.Testing;

namespace McpProbe.Infra.Tests;

/// <summary>The files under test.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string File(string path) => Path.Combine(Root, path);

    public static async Task<string> ReadAsync(string path) =>
        await System.IO.File.ReadAllTextAsync(File(path), TestContext.Current.CancellationToken);

    /// <summary>The templates and parameter files in a directory of the test's own, to compile or to spoil.</summary>
    public static TempDirectory CopyTemplates()
    {
        var copy = new TempDirectory();
        foreach (var folder in (string[])["infra", "tests/McpProbe.Infra.Tests/Parameters"])
        {
            foreach (var file in Directory.EnumerateFiles(File(folder), "*", SearchOption.AllDirectories))
            {
                var target = copy.File(Path.GetRelativePath(Root, file));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                System.IO.File.Copy(file, target);
            }
        }
        return copy;
    }

    /// <summary>Replaces what is right in a copied file, and returns the file.</summary>
    public static async Task<string> SpoilAsync(this TempDirectory copy, string path, string right, string wrong)
    {
        var file = copy.File(path);
        var text = await System.IO.File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        Assert.Contains(right, text, StringComparison.Ordinal);
        await System.IO.File.WriteAllTextAsync(file, text.Replace(right, wrong, StringComparison.Ordinal), TestContext.Current.CancellationToken);
        return file;
    }

    private static string FindRoot()
    {
        for (var directory = AppContext.BaseDirectory; directory is not null; directory = Path.GetDirectoryName(directory))
        {
            if (System.IO.File.Exists(Path.Combine(directory, "azure.yaml")))
                return directory;
        }
        throw new InvalidOperationException($"No azure.yaml in {AppContext.BaseDirectory} or above it: run the tests from the repository.");
    }
}
