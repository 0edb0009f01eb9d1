using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using McpProbe.Catalog.Json;

namespace McpProbe.Tests.Catalog.Json;

public class CanonicalJsonTests
{
    private static string Canonical(string json)
    {
        var outcome = CanonicalJson.From(Encoding.UTF8.GetBytes(json));
        Assert.Null(outcome.Error);
        return Encoding.UTF8.GetString(outcome.Canonical!);
    }

    // RFC 8785, 3.2.2 to 3.2.4: the specification's own example.
    [Fact]
    public void From_TheExampleOfRfc8785_IsItsCanonicalForm() => Assert.Equal(
        """{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}""",
        Canonical("""
            {
              "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
              "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
              "literals": [null, true, false]
            }
            """));

    [Fact]
    public void From_KeysOfEveryPlane_AreSortedByUtf16CodeUnits() => Assert.Equal(
        "{\"\\r\":1,\"1\":2,\"\u0080\":3,\"\u00f6\":4,\"\u20ac\":5,\"\ud83d\ude00\":6,\"\ufb33\":7}",
        Canonical("""{"\u20ac":5,"\r":1,"\ufb33":7,"1":2,"\ud83d\ude00":6,"\u0080":3,"\u00f6":4}"""));

    [Theory]
    [InlineData("0", "0")]
    [InlineData("-0", "0")]
    [InlineData("-0.0", "0")]
    [InlineData("1.0", "1")]
    [InlineData("10.10", "10.1")]
    [InlineData("1e2", "100")]
    [InlineData("-1E+2", "-100")]
    [InlineData("123456789012345", "123456789012345")]
    [InlineData("9007199254740993", "9007199254740992")]
    [InlineData("9223372036854775807", "9223372036854776000")]
    [InlineData("1e20", "100000000000000000000")]
    [InlineData("1e21", "1e+21")]
    [InlineData("123456789012345680000", "123456789012345680000")]
    [InlineData("1.5e300", "1.5e+300")]
    [InlineData("0.000001", "0.000001")]
    [InlineData("0.0000001", "1e-7")]
    [InlineData("1.7976931348623157e308", "1.7976931348623157e+308")]
    [InlineData("-1.7976931348623157e308", "-1.7976931348623157e+308")]
    [InlineData("5e-324", "5e-324")]
    [InlineData("2.2250738585072014e-308", "2.2250738585072014e-308")]
    [InlineData("295147905179352830000", "295147905179352830000")]
    [InlineData("999999999999999700000", "999999999999999700000")]
    [InlineData("333333333.33333325", "333333333.33333325")]
    [InlineData("-0.0000033333333333333333", "-0.0000033333333333333333")]
    [InlineData("1424953923781206.2", "1424953923781206.2")]
    [InlineData("1e400", "1e400")]
    [InlineData("-1.50E+999", "-1.50E+999")]
    [InlineData("1e-400", "1e-400")]
    [InlineData("0e-400", "0")]
    public void From_Number_IsWrittenByValue(string number, string canonical) => Assert.Equal(canonical, Canonical(number));

    [Theory]
    [InlineData("""
                "\ud83d"
                """, """
                "\ud83d"
                """)]
    [InlineData("""
                "\uDE00\uD83D"
                """, """
                "\ude00\ud83d"
                """)]
    [InlineData("""
                "\ud83d\u0041"
                """, """
                "\ud83dA"
                """)]
    [InlineData("""
                {"\ud83d":1,"\ud83d\ude00":2,"\uD83D":3}
                """, """
                {"\ud83d":3,"😀":2}
                """)]
    public void From_LoneSurrogate_KeepsItsEscape(string json, string canonical) =>
        Assert.Equal(canonical.Trim(), Canonical(json.Trim()));

    [Fact]
    public void From_DuplicateKeys_KeepsTheLast() => Assert.Equal(
        """{"a":{"c":5},"b":2}""", Canonical("""{"a":1,"b":2,"\u0061":3,"a":{"c":4,"c":5}}"""));

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{\"a\":1,}")]
    [InlineData("[1] 2")]
    [InlineData("01")]
    [InlineData("\"\\ud8\"")]
    [InlineData("NaN")]
    public void From_InvalidJson_IsAnError(string json) =>
        Assert.StartsWith("not valid JSON (line 1, byte ", CanonicalJson.From(Encoding.UTF8.GetBytes(json)).Error);

    [Fact]
    public void From_InvalidUtf8_IsAnError() => Assert.Equal("not valid UTF-8", CanonicalJson.From([(byte)'"', 0xFF, (byte)'"']).Error);

    [Theory]
    [InlineData('[', ']')]
    [InlineData('{', '}')]
    public void From_NestedTooDeeply_IsAnError(char open, char close)
    {
        Assert.Null(CanonicalJson.From(Nested(256)).Error);
        Assert.Equal("JSON nested deeper than 256 levels", CanonicalJson.From(Nested(257)).Error);
        Assert.Equal("JSON nested deeper than 256 levels", CanonicalJson.From(Nested(100_000)).Error);

        byte[] Nested(int depth) => Encoding.UTF8.GetBytes(open == '['
            ? new string(open, depth) + new string(close, depth)
            : string.Concat(Enumerable.Repeat("{\"a\":", depth - 1)) + "{" + new string(close, depth));
    }

    [Fact]
    public void From_TooManyValues_IsAnError() => Assert.Equal(
        "more than 65536 JSON values",
        CanonicalJson.From(Encoding.UTF8.GetBytes("[" + string.Join(',', Enumerable.Repeat("0", 65_536)) + "]")).Error);

    [Fact]
    public void From_AnyValue_IsAFixedPointWithEqualContent() => JsonGen.Value.Sample(json =>
    {
        var canonical = Canonical(json);
        Assert.Equal(canonical, Canonical(canonical));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(json), JsonNode.Parse(canonical)), json);
    });

    [Fact]
    public void From_AnyDouble_ReadsBackAsTheSameDouble() => Gen.Double.Where(double.IsFinite).Sample(value =>
    {
        var canonical = Canonical(value.ToString("E16", System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(value, double.Parse(canonical, System.Globalization.CultureInfo.InvariantCulture));
    });

    [Fact]
    public void From_MembersInAnyOrder_IsTheSame() => Gen.Select(JsonGen.Key.Array[2, 8], Gen.Int[0, 1000]).Sample((keys, seed) =>
    {
        var members = keys.Distinct().Select((key, i) => $"{JsonGen.Quote(key)}:{i}").ToArray();
        var shuffled = members.ToArray();
        new Random(seed).Shuffle(shuffled);
        Assert.Equal(Canonical($"{{{string.Join(',', members)}}}"), Canonical($"{{ {string.Join(" , ", shuffled)} }}"));
    });
}
