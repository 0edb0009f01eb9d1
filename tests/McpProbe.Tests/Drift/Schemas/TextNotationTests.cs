using System.Diagnostics;
using System.Globalization;
using System.Text;
using McpProbe.Drift.Schemas;

namespace McpProbe.Tests.Drift.Schemas;

public class TextNotationTests
{
    [Theory]
    [InlineData("a\r\nb", "a\nb", true)]
    [InlineData("a\rb", "a\nb", true)]
    [InlineData("a\r\rb", "a\n\nb", true)]
    [InlineData("a\r\n\r\nb", "a\n\nb", true)]
    [InlineData("a\r\nb", "a\n\nb", false)]
    [InlineData("a\nb", "a b", false)]
    [InlineData("a", "a", true)]
    [InlineData("a", "A", false)]
    [InlineData("\u00E9", "e\u0301", true)]
    [InlineData("\u00E9", "e", false)]
    [InlineData("\u00E9\r\n", "e\u0301\n", true)]
    [InlineData("\u1E69", "s\u0323\u0307", true)]
    [InlineData("s\u0307\u0323", "s\u0323\u0307", true)]
    [InlineData("s\u0301\u0300", "s\u0300\u0301", false)]
    [InlineData("\uAC00\uAC01\uD7A3", "\u1100\u1161\u1100\u1161\u11A8\u1112\u1175\u11C2", true)]
    [InlineData("\u2126", "\u03A9", true)]
    [InlineData("\uFB01", "fi", false)]
    [InlineData("\uD834\uDD5E", "\uD834\uDD57\uD834\uDD65", true)]
    public void IsSame_Texts_AreTheSameWhenTheyReadTheSame(string before, string after, bool same)
    {
        Assert.Equal(same, TextNotation.IsSame(before, after));
        Assert.Equal(same, TextNotation.IsSame(after, before));
        Assert.Equal(same, TextNotation.Of(before) == TextNotation.Of(after));
    }

    [Fact]
    public void IsSame_HalfACharacter_StaysWhatItIs()
    {
        Assert.True(TextNotation.IsSame("\uD800\u00E9", "\uD800e\u0301"));
        Assert.False(TextNotation.IsSame("\uD800", "\uDC00"));
        Assert.False(TextNotation.IsSame("\u00E9\uD800", "\u00E9"));
    }

    // McpProbe is built without ICU, so string.Normalize does nothing; Node.js has it.
    [Fact]
    public async Task Decompose_EveryCharacterThatHasParts_AgreesWithNodeJs()
    {
        Assert.Equal("e\u0301", "e\u0301".Normalize(NormalizationForm.FormC));
        var characters = Enumerable.Range(0xA0, 0x2FA20 - 0xA0)
            .Where(rune => rune is < 0xD800 or > 0xDFFF)
            .Select(char.ConvertFromUtf32).Where(text => TextNotation.Decompose(text) != text).ToList();
        var random = new Random(1);
        var texts = characters.Concat(Enumerable.Range(0, 2000).Select(_ => string.Concat(Enumerable.Range(0, 6)
            .Select(_ => random.Next(3) == 0 ? char.ConvertFromUtf32(random.Next(0x300, 0x370)) : characters[random.Next(characters.Count)])))).ToList();

        using var node = Process.Start(new ProcessStartInfo("node", ["-e",
            "require('readline').createInterface({input:process.stdin}).on('line',l=>console.log([...l.split(' ').map(h=>String.fromCharCode(parseInt(h,16))).join('').normalize('NFD')].flatMap(c=>[...Array(c.length).keys()].map(i=>c.charCodeAt(i).toString(16).padStart(4,'0'))).join(' ')))"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var reading = node.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        foreach (var text in texts) await node.StandardInput.WriteLineAsync(Units(text).AsMemory(), TestContext.Current.CancellationToken);
        node.StandardInput.Close();
        var answers = (await reading).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.True(characters.Count > 13_000, $"only {characters.Count} characters have parts");
        Assert.Equal(texts.Count, answers.Length);
        Assert.All(texts.Zip(answers), pair => Assert.Equal(pair.Second, Units(TextNotation.Decompose(pair.First))));

        static string Units(string text) => string.Join(' ', text.Select(unit => ((int)unit).ToString("x4", CultureInfo.InvariantCulture)));
    }
}
