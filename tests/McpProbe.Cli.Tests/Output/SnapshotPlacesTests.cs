using System.Text;
using McpProbe.Cli.Output;

namespace McpProbe.Cli.Tests.Output;

public class SnapshotPlacesTests
{
    [Fact]
    public void LineOf_EachTool_IsTheLineOfItsName()
    {
        var places = new SnapshotPlaces("x.json", Encoding.UTF8.GetBytes("""
            {
              "server": { "name": "add" },
              "tools": [
                {
                  "inputSchema": { "name": "echo" },
                  "name": "add"
                },

                { "name": "\u0065cho" },
                { "name": "\ud83d" }
              ],
              "hashes": { "name": "late" }
            }
            """.ReplaceLineEndings("\n")));

        Assert.Equal((6, 9, 1, 1, 1), (places.LineOf("add"), places.LineOf("echo"), places.LineOf("late"), places.LineOf("none"), places.LineOf(null)));
    }
}
