using System.Globalization;
using System.Text.RegularExpressions;

namespace McpProbe.Web.Tests.Metrics;

/// <summary>An answer of <c>/metrics</c>, read as Prometheus' text form is: a line a sample.</summary>
public sealed partial record Scrape(string Text, IReadOnlyList<Scrape.Sample> Samples)
{
    public static async Task<Scrape> OfAsync(WebHead head, params (string Name, string Value)[] headers)
    {
        using var response = await head.GetAsync("/metrics", headers);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}: {text}");
        return Of(text);
    }

    public static Scrape Of(string text) => new(text, [.. text.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(Read)]);

    public IEnumerable<Sample> Named(string name) => Samples.Where(sample => sample.Name == name);

    public double Value(string name, params (string Name, string Value)[] labels) => Assert.Single(Find(name, labels)).Value;

    public IReadOnlyList<Sample> Find(string name, params (string Name, string Value)[] labels) =>
        [.. Named(name).Where(sample => labels.All(label => sample.Labels.GetValueOrDefault(label.Name) == label.Value))];

    private static Sample Read(string line)
    {
        var match = Line().Match(line);
        Assert.True(match.Success, line);
        var labels = Label().Matches(match.Groups["labels"].Value).ToDictionary(
            label => label.Groups["name"].Value, label => Regex.Unescape(label.Groups["value"].Value), StringComparer.Ordinal);
        return new(match.Groups["name"].Value, labels, double.Parse(match.Groups["value"].Value, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>.*)\})? (?<value>\S+)( \S+)?$""", RegexOptions.ExplicitCapture)]
    private static partial Regex Line();

    [GeneratedRegex("""(?<name>[a-zA-Z_]\w*)="(?<value>(?:[^"\\]|\\.)*)" *""", RegexOptions.ExplicitCapture)]
    private static partial Regex Label();

    public sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);
}
