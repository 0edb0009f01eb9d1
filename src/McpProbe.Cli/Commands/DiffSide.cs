using System.CommandLine;

namespace McpProbe.Cli.Commands;

/// <summary>
/// One side of <c>mcpprobe diff</c>: the word that names it, and the credentials that only it needs. A side that is to be probed
/// is read as a command line of its own, of the options for both and those for it, so that one set of rules holds for all.
/// </summary>
internal sealed class DiffSide
{
    private const string StdioPrefix = "stdio:";

    private readonly string _name;
    private readonly Argument<string> _word;
    private readonly Option<string[]> _headers;
    private readonly Option<string> _bearer;

    /// <param name="name"><c>A</c> or <c>B</c>.</param>
    public DiffSide(string name, string description)
    {
        _name = name;
        _word = new Argument<string>(name) { Description = description, Arity = ArgumentArity.ZeroOrOne };
        var prefix = $"--{name.ToLowerInvariant()}-";
        _headers = new Option<string[]>(prefix + "header") { Description = $"Like --header, for {name} only; repeatable", HelpName = "NAME=VALUE" };
        _bearer = new Option<string>(prefix + "bearer-env") { Description = $"Like --bearer-env, for {name} only", HelpName = "VAR" };
    }

    public void AddTo(Command command)
    {
        command.Arguments.Add(_word);
        command.Options.Add(_headers);
        command.Options.Add(_bearer);
    }

    /// <summary>The word as typed; null when there is none.</summary>
    public string? WordIn(ParseResult parsed) => parsed.GetResult(_word)?.Tokens is [var word, ..] ? word.Value : null;

    /// <summary>Whether a word names a server to probe, and not a file.</summary>
    public static bool IsTarget(string word) =>
        word.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
        || word.StartsWith("https://", StringComparison.OrdinalIgnoreCase)
        || word.StartsWith(StdioPrefix, StringComparison.Ordinal);

    /// <summary>The target of this side, or every mistake in it.</summary>
    /// <param name="both">The options for both sides.</param>
    public Binding Bind(ParseResult parsed, string word, TargetOptions both)
    {
        var side = new Command("side");
        both.AddTo(side);
        List<string> words =
        [
            word.StartsWith(StdioPrefix, StringComparison.Ordinal) ? $"--stdio={word[StdioPrefix.Length..]}" : word,
            .. side.Options.SelectMany(option => WordsOf(parsed, option, option.Name)),
            .. WordsOf(parsed, _headers, "--header"),
            .. WordsOf(parsed, _bearer, "--bearer-env"),
        ];
        var own = side.Parse(words);
        return own.Errors.Count == 0 ? both.Bind(own) : new Binding(null, [.. own.Errors.Select(error => error.Message)]);
    }

    /// <summary>A mistake of one side, saying which.</summary>
    public string Named(string mistake) => $"{_name}: {mistake}";

    private static IEnumerable<string> WordsOf(ParseResult parsed, Option option, string name) => parsed.GetResult(option) switch
    {
        null or { Implicit: true } => [],
        { Tokens.Count: 0 } => [name],
        var given => given.Tokens.Select(token => $"{name}={token.Value}"),
    };
}
