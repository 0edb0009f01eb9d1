using System.Xml;
using System.Xml.Linq;
using McpProbe.Cli.Output;

namespace McpProbe.Cli.Tests.Output;

public class JunitTests
{
    [Fact]
    public void Render_Hostile_IsStrictXmlWithACaseForEachCheck()
    {
        var suite = Parse(Junit.Render(Reports.Hostile)).Root!.Element("testsuite")!;

        Assert.Equal(("mcpprobe verify", "4", "1", "0", "1", "2026-11-22T10:00:00"),
            (Of(suite, "name"), Of(suite, "tests"), Of(suite, "failures"), Of(suite, "errors"), Of(suite, "skipped"), Of(suite, "timestamp")));
        Assert.Equal(["handshake", "drift", "latency", "smoke"], suite.Elements("testcase").Select(test => Of(test, "name")));
        Assert.Equal(["0.012", "0.000", "0.000", "0.000"], suite.Elements("testcase").Select(test => Of(test, "time")));
        Assert.Equal(["", "failure", "", "skipped"], suite.Elements("testcase").Select(test => string.Concat(test.Elements().Select(element => element.Name.LocalName))));
        var failure = suite.Descendants("failure").Single();
        Assert.Equal("exit-code-6", Of(failure, "type"));
        Assert.Contains("breaking tool-removed", failure.Value, StringComparison.Ordinal);
        Assert.Contains("warned latency: ", suite.Element("system-out")!.Value, StringComparison.Ordinal);
        Assert.Contains("must spec-result-type (the server) (tools/list): ", suite.Element("system-out")!.Value, StringComparison.Ordinal);
        Assert.Contains("(MCP 2026-07-28, Responses)", suite.Element("system-out")!.Value, StringComparison.Ordinal);
        // What the order of Apache Ant's schema asks for.
        Assert.Equal(["properties", "testcase", "system-out", "system-err"], suite.Elements().Select(element => element.Name.LocalName).Distinct());
    }

    [Fact]
    public void Render_Hostile_HoldsTheTextAndNothingOfItAsMarkup()
    {
        var document = Parse(Junit.Render(Reports.Hostile));

        Assert.Empty(document.Descendants("script"));
        Assert.Contains("<script>x</script>", document.Descendants("failure").Single().Value, StringComparison.Ordinal);
        Assert.DoesNotContain(document.ToString(), character => character is '\0' or '\u001b');
    }

    private static XDocument Parse(string xml)
    {
        Assert.StartsWith("<?xml version=\"1.0\" encoding=\"utf-8\"?>", xml, StringComparison.Ordinal);
        using var reader = XmlReader.Create(new StringReader(xml), new XmlReaderSettings { CheckCharacters = true, DtdProcessing = DtdProcessing.Prohibit });
        return XDocument.Load(reader);
    }

    private static string? Of(XElement element, string attribute) => element.Attribute(attribute)?.Value;
}
