using System.Globalization;
using System.Text.RegularExpressions;

namespace McpProbe.Web.Tests;

/// <summary>WCAG 2.2, 1.4.3: text stands out from its ground by 4.5 to 1, in both colour schemes.</summary>
public sealed partial class ContrastTests
{
    public static TheoryData<string, string> Pairs => new(
        from text in new[] { "ink", "quiet", "link", "ok", "warn", "gate", "bad", "none" }
        from ground in new[] { "ground", "card" }
        select (text, ground));

    [Theory]
    [MemberData(nameof(Pairs))]
    [InlineData("ok", "ok-tint")]
    [InlineData("warn", "warn-tint")]
    [InlineData("gate", "gate-tint")]
    [InlineData("bad", "bad-tint")]
    [InlineData("none", "none-tint")]
    [InlineData("ink", "bad-tint")]
    [InlineData("ink", "soft")]
    [InlineData("quiet", "soft")]
    [InlineData("quiet", "bad-tint")]
    public async Task Text_OnItsGround_IsReadable(string text, string ground)
    {
        await using var head = await WebHead.StartAsync();
        using var response = await head.GetAsync("/app.css");
        var css = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var schemes = Root().Matches(css);
        Assert.Equal(2, schemes.Count);
        foreach (Match scheme in schemes)
        {
            var colours = Colour().Matches(scheme.Value).ToDictionary(one => one.Groups[1].Value, one => Luminance(one.Groups[2].Value));
            var (high, low) = (Math.Max(colours[text], colours[ground]), Math.Min(colours[text], colours[ground]));
            Assert.InRange((high + 0.05) / (low + 0.05), 4.5, 21);
        }
    }

    private static double Luminance(string hex)
    {
        double Channel(int at)
        {
            var value = int.Parse(hex.AsSpan(at, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0;
            return value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);
        }

        return 0.2126 * Channel(0) + 0.7152 * Channel(2) + 0.0722 * Channel(4);
    }

    [GeneratedRegex(@":root \{[^}]*\}")]
    private static partial Regex Root();

    [GeneratedRegex(@"--([a-z-]+): #([0-9a-f]{6});")]
    private static partial Regex Colour();
}
