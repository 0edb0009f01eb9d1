using System.Globalization;
using System.Reflection;
using System.Runtime.Loader;
using System.Text.Json;
using Xunit.Runner.Common;
using Xunit.Sdk;
using Xunit.v3;

namespace McpProbe.Mutation;

/// <summary>
/// The tests, in this process, over the mutated engine: each test once without a mutant, to see which mutants it reaches; then for
/// each mutant the tests that reach it, those that noticed most so far first, then quick ones, until one fails.
/// </summary>
internal sealed class TestRun
{
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(50);

    /// <summary>A test that takes more processor time is left out: run for each mutant that it reaches, it would take hours.</summary>
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(1);

    /// <summary>So many of the tests that noticed most go before all others.</summary>
    private const int Keenest = 3;

    private readonly List<Test> _tests = [];
    private FieldInfo _active = null!;
    private bool[] _reached = null!;

    private sealed record Test(ITestFrameworkExecutor Executor, ITestCase Case)
    {
        internal HashSet<int> Reaches { get; set; } = [];

        internal TimeSpan Took { get; set; }

        internal int Noticed { get; set; }
    }

    private sealed record Reached(HashSet<int> Mutants, TimeSpan Took);

    /// <param name="folder">Holds the test assemblies, the mutated engine and all that they need.</param>
    internal static void LoadFrom(string folder)
    {
        AppContext.SetData("APP_CONTEXT_BASE_DIRECTORY", folder + Path.DirectorySeparatorChar);
        AssemblyLoadContext.Default.Resolving += (context, name) =>
            Path.Combine(folder, name.Name + ".dll") is var path && File.Exists(path) ? context.LoadFromAssemblyPath(path) : null;
        AssemblyLoadContext.Default.ResolvingUnmanagedDll += (_, name) =>
            Directory.EnumerateFiles(folder, $"lib{name}.so", SearchOption.AllDirectories).FirstOrDefault(path => path.Contains("linux-x64", StringComparison.Ordinal)) is { } path
                ? System.Runtime.InteropServices.NativeLibrary.Load(path)
                : 0;
    }

    /// <summary>Finds the tests, and which mutants each reaches.</summary>
    /// <param name="isRun">By the full name of the test's class.</param>
    internal async Task BeginAsync(string folder, IEnumerable<string> assemblies, Predicate<string> isRun)
    {
        var type = Assembly.Load("McpProbe").GetType("ActiveMutant", throwOnError: true)!;
        _active = type.GetField("Id")!;
        _reached = (bool[])type.GetField("Reached")!.GetValue(null)!;
        TestContext.SetForInitialization(null, false, false);
        foreach (var name in assemblies)
        {
            var assembly = Assembly.LoadFrom(Path.Combine(folder, name + ".dll"));
            var framework = RegisteredEngineConfig.GetTestFramework(assembly, null);
            var executor = framework.GetExecutor(assembly);
            await framework.GetDiscoverer(assembly).Find(
                found =>
                {
                    _tests.Add(new Test(executor, found));
                    return ValueTask.FromResult(true);
                },
                TestFrameworkOptions.ForDiscovery(new TestAssemblyConfiguration { PreEnumerateTheories = true }),
                [.. assembly.GetTypes().Where(each => each is { IsAbstract: false, IsClass: true } && isRun(each.FullName!))]);
        }

        // A worker that follows one that hung knows it already.
        var known = Path.Combine(folder, "reached.json");
        if (File.Exists(known))
        {
            var reached = JsonSerializer.Deserialize<Dictionary<string, Reached>>(await File.ReadAllTextAsync(known))!;
            _tests.RemoveAll(test => !reached.ContainsKey(test.Case.UniqueID));
            foreach (var test in _tests)
                (test.Reaches, test.Took) = reached[test.Case.UniqueID];
            return;
        }

        // What is set when a type is first used belongs to no test.
        await RunAsync(_tests);
        foreach (var test in _tests.ToList())
        {
            Array.Clear(_reached);
            var began = Environment.CpuUsage.TotalTime;
            if (await RunAsync([test]) is { } failed)
            {
                await Console.Error.WriteLineAsync($"left out, it fails without a mutant: {failed}");
                _tests.Remove(test);
                continue;
            }

            test.Took = Environment.CpuUsage.TotalTime - began;
            if (test.Took > Slow)
            {
                await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"left out, it took {test.Took.TotalSeconds:F0} s: {test.Case.TestCaseDisplayName}"));
                _tests.Remove(test);
                continue;
            }

            test.Reaches = [.. _reached.Index().Where(each => each.Item).Select(each => each.Index)];
        }

        await File.WriteAllTextAsync(known, JsonSerializer.Serialize(_tests.ToDictionary(test => test.Case.UniqueID, test => new Reached(test.Reaches, test.Took))));
    }

    internal bool IsReached(int mutant) => _tests.Any(test => test.Reaches.Contains(mutant));

    /// <param name="starting">Told before each test how long it takes without a mutant.</param>
    /// <returns>A test that notices the mutant; null when none does.</returns>
    internal async Task<string?> FailingAsync(int mutant, Action<TimeSpan> starting)
    {
        _active.SetValue(null, mutant);
        try
        {
            var tests = _tests.Where(test => test.Reaches.Contains(mutant)).OrderBy(test => test.Took).ToList();
            var keen = tests.Where(test => test.Noticed > 0).OrderByDescending(test => test.Noticed).Take(Keenest).ToList();
            var rest = tests.Except(keen).ToList();
            foreach (var some in new[] { keen, rest.Where(test => test.Took < Quick), rest.Where(test => test.Took >= Quick) })
            {
                if (await RunAsync([.. some], starting) is { } failed)
                    return failed;
            }

            return null;
        }
        finally
        {
            _active.SetValue(null, -1);
        }
    }

    private static async Task<string?> RunAsync(IReadOnlyCollection<Test> tests, Action<TimeSpan>? starting = null)
    {
        if (tests.Count == 0)
            return null;
        TestContext.SetForInitialization(null, false, false);
        var options = TestFrameworkOptions.ForExecution(new TestAssemblyConfiguration { ParallelMode = ParallelMode.None, StopOnFail = true });
        foreach (var group in tests.GroupBy(test => test.Executor))
        {
            var byId = group.ToDictionary(test => test.Case.UniqueID);
            var sink = new Failures(id => starting?.Invoke(byId.TryGetValue(id, out var test) ? test.Took : TimeSpan.Zero));
            await group.Key.RunTestCases([.. group.Select(test => test.Case)], sink, options);
            if (sink.Case is { } id && byId.TryGetValue(id, out var noticing))
                noticing.Noticed++;
            if (sink.First is { } failed)
                return failed;
        }

        return null;
    }

    private sealed class Failures(Action<string> starts) : IMessageSink
    {
        private readonly Dictionary<string, string> _names = [];

        internal string? First { get; private set; }

        /// <summary>The test case of the first that failed; null where it was none.</summary>
        internal string? Case { get; private set; }

        public bool OnMessage(IMessageSinkMessage message)
        {
            if (message is ITestStarting starting)
            {
                _names[starting.TestUniqueID] = starting.TestDisplayName;
                starts(starting.TestCaseUniqueID);
            }
            else if (message is ITestFailed failed)
            {
                First ??= _names.GetValueOrDefault(failed.TestUniqueID, "a test");
                Case ??= failed.TestCaseUniqueID;
            }
            else if (message is IErrorMetadata error and not ITestFailed)
                First ??= error.Messages.FirstOrDefault() ?? "an error";
            return First is null;
        }
    }
}
