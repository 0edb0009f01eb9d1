using System.CommandLine;
using System.Text.Json;

namespace McpProbe.Cli.Commands;

/// <summary>Options that belong together: how they are written as keys of an endpoint, and listed in the help.</summary>
internal abstract class OptionGroup(string title)
{
    // The option that a key of the document came from.
    private readonly Dictionary<string, Option> _keys = [];
    private readonly List<Option> _options = [];

    public string Title => title;

    public IReadOnlyList<Option> Options => _options;

    /// <summary>Writes the keys that these options stand for; what the engine's reader could not say as well goes to the mistakes.</summary>
    public abstract void Write(Utf8JsonWriter json, ParseResult parsed, List<string> mistakes);

    /// <summary>The option that a place in the document came from, with what the place says beyond it; null when it is none of these.</summary>
    public string? NameOf(string path)
    {
        for (var key = path; ; key = key[..Math.Max(0, key.LastIndexOfAny(['.', '[']))])
        {
            if (key.Length == 0)
                return null;
            if (_keys.TryGetValue(key, out var option))
                return path.Length > key.Length && path[key.Length] == '.' ? $"{option.Name}: {path[(key.Length + 1)..]}" : option.Name;
        }
    }

    /// <summary>The words as typed: unlike GetValue this works on a command line that has other mistakes.</summary>
    protected static IReadOnlyList<string> Values(ParseResult parsed, Option option) =>
        parsed.GetResult(option)?.Tokens.Select(token => token.Value).ToList() ?? [];

    protected static bool IsSet(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    protected Option<string> Text(string name, string? key, string helpName, string description) =>
        Add(new Option<string>(name) { Description = description, HelpName = helpName }, key);

    protected Option<string[]> Many(string name, string? key, string helpName, string description) =>
        Add(new Option<string[]>(name) { Description = description, HelpName = helpName }, key);

    protected Option<bool> Flag(string name, string? key, string description) =>
        Add(new Option<bool>(name) { Description = description, Arity = ArgumentArity.Zero }, key);

    protected static void WriteText(Utf8JsonWriter json, ParseResult parsed, string key, Option option)
    {
        if (Values(parsed, option) is [var value])
            json.WriteString(key, value);
    }

    protected static void WriteFlag(Utf8JsonWriter json, ParseResult parsed, string key, Option option)
    {
        if (IsSet(parsed, option))
            json.WriteBoolean(key, true);
    }

    protected static void WriteList(Utf8JsonWriter json, ParseResult parsed, string key, Option option)
    {
        if (!IsSet(parsed, option))
            return;
        json.WriteStartArray(key);
        foreach (var value in Values(parsed, option))
            json.WriteStringValue(value);
        json.WriteEndArray();
    }

    /// <summary>Words of the form NAME=VALUE by name. A mistake repeats the name only: the value may be a secret.</summary>
    protected static Dictionary<string, string> Pairs(
        ParseResult parsed, Option option, string example, IEqualityComparer<string> comparer, List<string> mistakes)
    {
        var pairs = new Dictionary<string, string>(comparer);
        foreach (var word in Values(parsed, option))
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
                mistakes.Add($"{option.Name}: there is no name and '='; write {option.HelpName}, such as {example}.");
            else if (!pairs.TryAdd(word[..equals], word[(equals + 1)..]))
                mistakes.Add($"{option.Name}: {word[..equals]} is there twice; give it once.");
        }

        return pairs;
    }

    private T Add<T>(T option, string? key) where T : Option
    {
        // Listed by group, not in the parser's flat list.
        option.Hidden = true;
        _options.Add(option);
        if (key is not null)
            _keys.Add(key, option);
        return option;
    }
}
