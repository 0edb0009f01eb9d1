using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace McpProbe.Mutation;

/// <summary>The engine with all mutants in it, compiled as the project is. Mutants that do not compile are taken out again.</summary>
internal sealed class MutatedEngine
{
    private const string Switch = """
        internal static class ActiveMutant
        {
            public static int Id = -1;
            public static bool[] Reached = new bool[100_000];
            public static bool Is(int id) { Reached[id] = true; return Id == id; }
        }
        """;

    /// <summary>The compiler's errors where only a constant can stand: in a pattern, a case, a constant, a default value, an attribute.</summary>
    private static readonly HashSet<string> NeedsConstant = ["CS9135", "CS0150", "CS0133", "CS1736", "CS0182"];

    private readonly CSharpCompilation _engine;
    private readonly HashSet<int> _without = [];

    private MutatedEngine(CSharpCompilation engine) => _engine = engine;

    /// <summary>Those that compiled.</summary>
    internal List<Mutant> Mutants { get; private set; } = [];

    internal int NotCompiled => _without.Count;

    /// <param name="project">The engine's project file.</param>
    /// <param name="isMutated">Whether a source file, by its path from the project's folder, is to be mutated.</param>
    /// <param name="to">The assembly to write.</param>
    internal static async Task<MutatedEngine> BuildAsync(string project, Predicate<string> isMutated, string to)
    {
        var folder = Path.GetDirectoryName(project)!;
        var parsed = CSharpCommandLineParser.Default.Parse(await ArgumentsAsync(project), folder, sdkDirectory: null);
        var engine = new MutatedEngine(Read(parsed, folder));
        var files = engine._engine.SyntaxTrees.Where(tree => isMutated(Path.GetRelativePath(folder, tree.FilePath).Replace('\\', '/'))).ToList();
        for (var attempt = 1; ; attempt++)
        {
            var compilation = engine.Mutate(files, folder);
            using var assembly = new MemoryStream();
            using var symbols = new MemoryStream();
            var emitted = compilation.Emit(assembly, symbols, manifestResources: parsed.ManifestResources);
            if (emitted.Success)
            {
                await File.WriteAllBytesAsync(to, assembly.ToArray());
                await File.WriteAllBytesAsync(Path.ChangeExtension(to, "pdb"), symbols.ToArray());
                engine.Mutants.RemoveAll(mutant => engine._without.Contains(mutant.Id));
                return engine;
            }

            Console.WriteLine($"without {engine._without.Count} mutants it does not compile yet");

            var before = engine._without.Count;
            foreach (var error in emitted.Diagnostics.Where(each => each.Severity is DiagnosticSeverity.Error))
                engine.TakeOut(error, compilation);
            if (engine._without.Count == before || attempt == 50)
                throw new InvalidOperationException(string.Join('\n', emitted.Diagnostics.Where(each => each.Severity is DiagnosticSeverity.Error).Take(20)));
        }
    }

    private CSharpCompilation Mutate(IEnumerable<SyntaxTree> files, string folder)
    {
        Mutants = [];
        var mutated = _engine.AddSyntaxTrees(CSharpSyntaxTree.ParseText(Switch, (CSharpParseOptions)_engine.SyntaxTrees[0].Options, "ActiveMutant.cs", Encoding.UTF8));
        foreach (var file in files)
        {
            var name = Path.GetRelativePath(folder, file.FilePath).Replace('\\', '/');
            var root = new Mutator(_engine.GetSemanticModel(file), name, Mutants, _without).Visit(file.GetRoot())!;
            mutated = mutated.ReplaceSyntaxTree(file, file.WithRootAndOptions(root, file.Options));
        }

        return mutated;
    }

    /// <summary>
    /// The mutant that an error is in, or else those that keep a variable from being set, or that take its constant from a place
    /// where only a constant can stand.
    /// </summary>
    private void TakeOut(Diagnostic error, Compilation compilation)
    {
        if (error.Location.SourceTree is not { } tree)
            return;
        var node = tree.GetRoot().FindNode(error.Location.SourceSpan, getInnermostNodeForTie: true);
        var member = node.FirstAncestorOrSelf<MemberDeclarationSyntax>();
        var around = Marks(node.AncestorsAndSelf());
        if (NeedsConstant.Contains(error.Id))
        {
            var model = compilation.GetSemanticModel(tree);
            var constants = Marks(node.DescendantNodesAndSelf().OfType<SimpleNameSyntax>()
                .SelectMany(name => model.GetSymbolInfo(name).Symbol is IPropertySymbol constant ? constant.DeclaringSyntaxReferences : [])
                .SelectMany(reference => reference.GetSyntax().DescendantNodesAndSelf()));
            if (constants.Count > 0)
            {
                _without.UnionWith(constants);
                return;
            }
        }

        if (error.Id == "CS0165" && compilation.GetSemanticModel(tree).GetSymbolInfo(node).Symbol is { } variable)
        {
            // It is set in a pattern that is not looked at any more, or by a statement that was left out.
            var declared = variable.DeclaringSyntaxReferences.SelectMany(reference => Marks(reference.GetSyntax().AncestorsAndSelf())).ToList();
            var left = member is null ? [] : Marks(member.DescendantNodes()
                .OfType<AssignmentExpressionSyntax>().Where(each => each.Left.ToString().Contains(variable.Name, StringComparison.Ordinal)).SelectMany(each => each.Ancestors()));
            var negated = variable.DeclaringSyntaxReferences.Any(reference => reference.GetSyntax().Ancestors().OfType<UnaryPatternSyntax>().Any());
            var wrong = negated ? Wrong.AlwaysFalse : Wrong.AlwaysTrue;
            var suspects = declared.Where(id => Mutants[id].Wrong == wrong).ToList();
            if (suspects.Count == 0)
                suspects = [.. declared.Where(id => Mutants[id].Wrong is Wrong.AlwaysTrue or Wrong.AlwaysFalse), .. left.Where(id => Mutants[id].Wrong is Wrong.LeftOut)];
            if (suspects.Count > 0)
            {
                _without.UnionWith(suspects);
                return;
            }
        }

        if (around.Count > 0)
            _without.Add(around[0]);
        else if (member is not null)
            _without.UnionWith(Marks(member.DescendantNodesAndSelf()));
    }

    private static List<int> Marks(IEnumerable<SyntaxNode> nodes) =>
        [.. nodes.SelectMany(node => node.GetAnnotations(Mutator.Mark)).Select(mark => int.Parse(mark.Data!, CultureInfo.InvariantCulture))];

    private static CSharpCompilation Read(CSharpCommandLineArguments parsed, string folder)
    {
        var options = parsed.CompilationOptions.WithGeneralDiagnosticOption(ReportDiagnostic.Suppress).WithSpecificDiagnosticOptions(null)
            .WithOptimizationLevel(OptimizationLevel.Release);
        var compilation = CSharpCompilation.Create(
            parsed.CompilationName,
            parsed.SourceFiles.Select(source => CSharpSyntaxTree.ParseText(File.ReadAllText(source.Path), parsed.ParseOptions, source.Path, Encoding.UTF8)),
            parsed.MetadataReferences.Select(reference => MetadataReference.CreateFromFile(reference.Reference)),
            options);
        var generators = parsed.AnalyzerReferences.Select(reference => new AnalyzerFileReference(Path.Combine(folder, reference.FilePath), new Loader()))
            .SelectMany(reference => reference.GetGenerators(LanguageNames.CSharp));
        var additional = parsed.AdditionalFiles.Select(file => (AdditionalText)new AdditionalFile(file.Path));
        CSharpGeneratorDriver.Create(generators, additional, parsed.ParseOptions).RunGeneratorsAndUpdateCompilation(compilation, out var generated, out _);
        return (CSharpCompilation)generated;
    }

    /// <summary>What the project's build would give the compiler.</summary>
    private static async Task<string[]> ArgumentsAsync(string project)
    {
        using var msbuild = Process.Start(new ProcessStartInfo("dotnet",
            ["msbuild", project, "-t:PrepareResources;Compile", "-p:SkipCompilerExecution=true", "-p:ProvideCommandLineArgs=true", "-p:NonExistentFile=none", "-getItem:CscCommandLineArgs"])
        {
            RedirectStandardOutput = true,
        })!;
        var output = await msbuild.StandardOutput.ReadToEndAsync();
        await msbuild.WaitForExitAsync();
        if (msbuild.ExitCode != 0)
            throw new InvalidOperationException(output);
        using var items = JsonDocument.Parse(output);
        return [.. items.RootElement.GetProperty("Items").GetProperty("CscCommandLineArgs").EnumerateArray().Select(each => each.GetProperty("Identity").GetString()!)];
    }

    private sealed class Loader : IAnalyzerAssemblyLoader
    {
        public void AddDependencyLocation(string fullPath)
        {
        }

        public Assembly LoadFromPath(string fullPath) => Assembly.LoadFrom(fullPath);
    }

    private sealed class AdditionalFile(string path) : AdditionalText
    {
        public override string Path => path;

        public override SourceText GetText(CancellationToken cancellationToken = default) =>
            SourceText.From(File.ReadAllText(path));
    }
}
