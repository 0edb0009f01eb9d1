using System.Text;
using McpProbe.Probing.Protocol;

namespace McpProbe.Tests.Probing.Protocol;

public class JsonRpcEnvelopeTests
{
    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":7,"result":{"a":1}}""", "Result")]
    [InlineData("""  {"result":{"a":1},"id":7,"jsonrpc":"2.0"}  """, "Result")]
    [InlineData("""{"id":7,"result":null}""", "Result")]
    [InlineData("""{"id":8,"result":{}}""", "Other")]
    [InlineData("""{"id":"7","result":{}}""", "Other")]
    [InlineData("""{"id":7.5,"result":{}}""", "Other")]
    [InlineData("""{"result":{}}""", "Other")]
    [InlineData("""{"id":7,"method":"ping"}""", "Request")]
    [InlineData("""{"id":"s-1","method":"roots/list"}""", "Request")]
    [InlineData("""{"id":null,"method":"ping"}""", "Other")]
    [InlineData("""{"method":"notifications/message","params":{"result":1}}""", "Other")]
    [InlineData("""{"id":7,"error":{"code":-1,"message":"x"}}""", "Error")]
    [InlineData("""{"id":null,"error":{"code":-1,"message":"x"}}""", "Error")]
    [InlineData("""{"error":{"code":-1,"message":"x"}}""", "Error")]
    [InlineData("""{"id":8,"error":{"code":-1,"message":"x"}}""", "Other")]
    [InlineData("""{"error":"nothing"}""", "NotJsonRpc")]
    [InlineData("""{"status":"ok"}""", "NotJsonRpc")]
    [InlineData("""[{"id":7,"result":{}}]""", "NotJsonRpc")]
    [InlineData("\"text\"", "NotJsonRpc")]
    [InlineData("{", "NotJson")]
    [InlineData("", "NotJson")]
    [InlineData("<html>", "NotJson")]
    [InlineData("""{"id":7,"result":{}} {"id":7}""", "NotJson")]
    [InlineData("""{"id":7,"result":{"a":[[[[[[[[[[[]]]]]]]]]]]}}""", "NotJson")]
    public void Read_AMessage_KnowsWhatItIsToTheRequest(string json, string kind)
    {
        Assert.Equal(kind, JsonRpcEnvelope.Read(Encoding.UTF8.GetBytes(json), 7, maxDepth: 8).Kind.ToString());
    }

    [Fact]
    public void Read_Result_PointsAtItsBytes()
    {
        var json = """{"id":7,"result": {"text":"ü","n":1.50} ,"x":1}"""u8.ToArray();

        var envelope = JsonRpcEnvelope.Read(json, 7, maxDepth: 8);

        Assert.Equal("""{"text":"ü","n":1.50}""", Encoding.UTF8.GetString(json[envelope.Result]));
    }

    [Fact]
    public void Read_Error_GivesCodeMessageAndSupportedVersions()
    {
        var json = """{"error":{"data":{"requested":"x","supported":["a","b"]},"message":"no \ud800 good","code":-32022,"z":[1]}}"""u8;

        var error = JsonRpcEnvelope.Read(json, 7, maxDepth: 8).Error!;

        Assert.Equal(-32022, error.Code);
        Assert.StartsWith("no ", error.Message);
        Assert.Equal(["a", "b"], error.Supported);
        Assert.True(error.IsStateless);
    }
}
