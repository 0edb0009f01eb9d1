using System.Globalization;
using System.Text.Json;
using McpProbe.Mutation;

// See CONTRIBUTING.md, "Mutation tests". It does not build the tests: their output is copied, and the engine in it replaced.
if (args is ["worker", var work])
    return await Worker.RunAsync(work);

var again = args.Contains("--again");
var folders = args.TakeWhile(arg => arg != "--tests").Where(arg => arg != "--again").Select(folder => folder.TrimEnd('/')).ToList();
if (folders.Count == 0)
{
    Console.Error.WriteLine("Say what to mutate: folders or files of src/McpProbe, for instance Incidents or Drift/DriftWatch.cs. With --again, only what no test noticed the last time, by the tests as they are now. With --tests, last, which test classes to run, by parts of their names.");
    return 2;
}

var began = TimeProvider.System.GetTimestamp();
var root = Root();
var shadow = Path.Combine(root, "artifacts", "mutation");
string[] assemblies = ["McpProbe.Tests"];
foreach (var assembly in assemblies)
    Copy(Path.Combine(root, "tests", assembly, "bin", "Debug", "net10.0"), shadow, again ? "McpProbe.dll" : null);

File.Delete(Path.Combine(shadow, "reached.json"));

var mutants = Path.Combine(shadow, "mutants.json");
var tried = again ? JsonSerializer.Deserialize<List<Tried>>(File.ReadAllText(mutants))! : await BuildAsync();
var rest = tried.Where(each => each.Outcome is null or Outcome.Survived or Outcome.NoTest).Select(each => each.Mutant.Id).ToList();
var classes = args.SkipWhile(arg => arg != "--tests").Skip(1).ToList();
await Parent.RunAsync(new Work(shadow, assemblies, classes, rest), Save);

var equivalent = File.ReadLines(Path.Combine(root, "tests", "McpProbe.Mutation", "equivalent.txt"))
    .Where(line => line.Length > 0 && line[0] is not ('#' or ' ')).ToHashSet();
var isGood = Report.Write(Console.Out, folders, tried, equivalent);
Console.WriteLine($"in {Seconds(began)}");
return isGood ? 0 : 1;

void Save(IReadOnlyDictionary<int, Outcome> outcomes)
{
    tried = [.. tried.Select(each => outcomes.TryGetValue(each.Mutant.Id, out var outcome) ? each with { Outcome = outcome } : each)];
    File.WriteAllText(mutants, JsonSerializer.Serialize(tried));
}

async Task<List<Tried>> BuildAsync()
{
    var engine = await MutatedEngine.BuildAsync(
        Path.Combine(root, "src", "McpProbe", "McpProbe.csproj"),
        path => folders.Any(folder => path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal)),
        Path.Combine(shadow, "McpProbe.dll"));
    Console.WriteLine($"{engine.Mutants.Count} mutants; {engine.NotCompiled} more do not compile; built in {Seconds(began)}");
    List<Tried> all = [.. engine.Mutants.Select(mutant => new Tried(mutant, null))];
    File.WriteAllText(mutants, JsonSerializer.Serialize(all));
    return all;
}

static string Seconds(long began) => string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetElapsedTime(began).TotalSeconds:F0} s");

static string Root()
{
    for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
    {
        if (File.Exists(Path.Combine(directory.FullName, "McpProbeFunctions.sln")))
            return directory.FullName;
    }

    throw new InvalidOperationException("This is no checkout of the repository.");
}

static void Copy(string from, string to, string? except)
{
    if (!Directory.Exists(from))
        throw new InvalidOperationException($"{from} is missing: build the tests first.");
    foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != except))
    {
        var copy = Path.Combine(to, Path.GetRelativePath(from, file));
        Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
        File.Copy(file, copy, overwrite: true);
    }
}
