using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using McpProbe.Cli.Output;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Cli.Commands;

/// <summary>Options that more than one of the judging commands takes, each made for the command that asks.</summary>
internal static class GateOptions
{
    private const int MostSamples = 1000;

    public static Option<OutputFormat> Output() => new("--output")
    {
        Description = "For people, for programs (one JSON object), or for a CI system [default: text]",
        HelpName = string.Join('|', WireNames.All<OutputFormat>()),
        CustomParser = result => Named<OutputFormat>(result, WireNames.All<OutputFormat>(), "format"),
    };

    /// <summary>Null when it is not given: breaking.</summary>
    public static Option<ChangeClass?> FailOn()
    {
        string[] classes = ["breaking", "warning", "info"];
        return new Option<ChangeClass?>("--fail-on")
        {
            Description = "The least class of changes that fails; unknown effects count as breaking [default: breaking]",
            HelpName = string.Join('|', classes),
            CustomParser = result => Named<ChangeClass>(result, classes, "class of changes"),
        };
    }

    public static Option<bool> Strict() => new("--strict")
    {
        Description = "Exit with 1 when degraded: outside a latency or certificate budget",
        Arity = ArgumentArity.Zero,
    };

    public static Option<int> Samples(string description) => new("--samples")
    {
        CustomParser = ReadSamples,
        DefaultValueFactory = _ => 20,
        Description = description,
        HelpName = "N",
    };

    /// <summary>Null when it is not given. The library would show a default as .NET writes it; so the description says it.</summary>
    public static Option<TimeSpan?> Duration(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = result =>
        {
            if (!Durations.TryParse(result.Tokens[0].Value, out var duration))
                result.AddError($"{name}: '{result.Tokens[0].Value}' is not a time; write one such as 90s or 2m.");
            return duration;
        },
    };

    private static T Named<T>(ArgumentResult result, IReadOnlyCollection<string> names, string what) where T : struct, Enum
    {
        var text = result.Tokens[0].Value;
        if (names.Contains(text) && WireNames.TryParse<T>(text, out var value))
            return value;
        result.AddError($"{((OptionResult)result.Parent!).Option.Name}: '{text}' is no {what}; write {string.Join(", ", names.SkipLast(1))} or {names.Last()}.");
        return default;
    }

    private static int ReadSamples(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var samples) || samples is < 1 or > MostSamples)
            result.AddError($"--samples: '{text}' is not a number from 1 to {MostSamples}.");
        return samples;
    }
}
