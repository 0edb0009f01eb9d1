using System.Xml.Linq;
using McpProbe.Cli.Output;

namespace McpProbe.Cli.Tests.Output;

public class XmlTextTests
{
    /// <summary>The platform's reader gives back what was written, in an attribute and in an element.</summary>
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData("a & b < c > d \"e\" 'f'", "a & b < c > d \"e\" 'f'")]
    [InlineData("]]>", "]]>")]
    [InlineData("&amp;", "&amp;")]
    [InlineData("two\nlines\tand a tab ", "two\nlines\tand a tab ")]
    [InlineData("nul \0, bell \a, return \r, escape \u001b", "nul \uFFFD, bell \uFFFD, return \uFFFD, escape \uFFFD")]
    [InlineData("whole \U0001F600, ü", "whole \U0001F600, ü")]
    public void Element_ReadBack_HoldsTheText(string text, string read)
    {
        var xml = new XmlText();
        xml.Element("all", [], () => xml.Element("one", [("of", text)], text));

        var one = XDocument.Parse(xml.ToString(), LoadOptions.PreserveWhitespace).Root!.Element("one")!;
        Assert.Equal(read, one.Attribute("of")!.Value);
        Assert.Equal(read, one.Value);
    }

    // Not in an attribute of C#, which cannot hold half a pair either.
    [Fact]
    public void Element_HalfAPair_HoldsTheReplacement() => Element_ReadBack_HoldsTheText("half \ud83d a pair, and \uFFFE", "half \uFFFD a pair, and \uFFFD");

    [Fact]
    public void Element_Nested_IsIndented()
    {
        var xml = new XmlText();
        xml.Element("a", [], () =>
        {
            xml.Element("b", [("x", "1")], () => { });
            xml.Element("c", [], () => xml.Element("d", [], "text"));
        });

        Assert.Equal(
            """
            <?xml version="1.0" encoding="utf-8"?>
            <a>
              <b x="1" />
              <c>
                <d>text</d>
              </c>
            </a>

            """,
            xml.ToString());
    }
}
