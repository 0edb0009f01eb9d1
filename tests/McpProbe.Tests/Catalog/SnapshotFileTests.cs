using System.Text;
using McpProbe.Catalog;
using McpProbe.Model;

namespace McpProbe.Tests.Catalog;

public class SnapshotFileTests
{
    private const string Hidden = "say\u200b it\u202e \U000E0041 \uE000 \u0007 é 😀 <&'";

    private static readonly DateTimeOffset Start = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    private static Snapshot Snapshot(string tools = """{"name":"echo","description":"Echoes.","inputSchema":{"type":"object","required":["b","a"],"properties":{}}}""")
    {
        var server = new ServerDescription("everything", "1.0", null, """{"tools":{},"logging":{}}"""u8.ToArray());
        using var builder = new CatalogBuilder();
        Assert.Null(builder.AddPage(Encoding.UTF8.GetBytes($$"""{"tools":[{{tools}}]}""")).Error);
        return new Snapshot("2025-11-25", server, builder.Build(server));
    }

    private static ProbeResult Sample(double? handshake, double? catalog = 1, bool cold = false) => new()
    {
        Target = "t",
        Verdict = Verdict.Healthy,
        Timings = new Timings(null, null, null, handshake, catalog, null, 1),
        StartedAt = Start,
        Cold = cold,
    };

    private static string Write(Snapshot snapshot, params ProbeResult[] samples) =>
        Encoding.UTF8.GetString(SnapshotFile.Write("http://127.0.0.1/mcp", snapshot, samples.Length == 0 ? [Sample(3.14159)] : samples));

    [Fact]
    public void Write_Snapshot_IsTheReviewableFile()
    {
        var snapshot = Snapshot();
        var hashes = snapshot.Catalog.Hashes;

        Assert.Equal(
            $$"""
            {
              "formula": 1,
              "target": "http://127.0.0.1/mcp",
              "takenAt": "2026-11-22T10:00:00Z",
              "protocolVersion": "2025-11-25",
              "server": {
                "name": "everything",
                "version": "1.0",
                "instructions": null,
                "capabilities": {
                  "logging": {},
                  "tools": {}
                }
              },
              "tools": [
                {
                  "description": "Echoes.",
                  "inputSchema": {
                    "properties": {},
                    "required": [
                      "a",
                      "b"
                    ],
                    "type": "object"
                  },
                  "name": "echo"
                }
              ],
              "hashes": {
                "hash": "{{hashes.Hash}}",
                "contract": "{{hashes.Contract}}",
                "text": "{{hashes.Text}}",
                "annotations": "{{hashes.Annotations}}",
                "server": "{{hashes.Server}}"
              },
              "latency": {
                "samples": 1,
                "handshakeMs": {
                  "p50": 3.142,
                  "p95": 3.142
                },
                "catalogMs": {
                  "p50": 1,
                  "p95": 1
                }
              }
            }

            """.ReplaceLineEndings("\n"),
            Write(snapshot));
    }

    [Fact]
    public void Write_HiddenCharacters_AreEscapedAndOthersAreNot()
    {
        var file = Write(Snapshot($$"""{"name":"a","description":"{{Hidden.Replace("\u0007", "\\u0007", StringComparison.Ordinal)}}\ud83d"}"""));

        Assert.Contains("\"description\": \"say\\u200b it\\u202e \\udb40\\udc41 \\ue000 \\u0007 é 😀 <&'\\ud83d\"", file, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WhatWriteWrote_IsTheSameSnapshot()
    {
        var snapshot = Snapshot($$"""{"name":"b\ud83d","description":"\u0007 {{Hidden[..^3].Replace("\u0007", "", StringComparison.Ordinal)}}","n":1e400},{"name":"a"}""");
        var bytes = SnapshotFile.Write("stdio:node x", snapshot, [Sample(2), Sample(4)]);

        var outcome = SnapshotFile.Read(bytes);

        Assert.Null(outcome.Error);
        var saved = outcome.Value!;
        Assert.Equal(("stdio:node x", Start, "2025-11-25"), (saved.Target, saved.TakenAt, saved.Snapshot.ProtocolVersion));
        Assert.Equal(snapshot.Catalog.Canonical.ToArray(), saved.Snapshot.Catalog.Canonical.ToArray());
        Assert.Equal(snapshot.Catalog.Hashes, saved.Snapshot.Catalog.Hashes);
        Assert.Equal(("everything", "1.0", null), (saved.Snapshot.Server.Name, saved.Snapshot.Server.Version, saved.Snapshot.Server.Instructions));
        Assert.Equal(new SnapshotLatency(2, new Percentiles(2, 4), new Percentiles(1, 1)), saved.Latency);
    }

    [Theory]
    [InlineData("\"Echoes.\"", "\"Echoes!\"", "the file was edited by hand or damaged: its content does not match /hashes/hash, /hashes/text; take a new one with 'mcpprobe snapshot'")]
    [InlineData("\"everything\"", "\"other\"", "the file was edited by hand or damaged: its content does not match /hashes/hash, /hashes/server; take a new one with 'mcpprobe snapshot'")]
    [InlineData("\"formula\": 1", "\"formula\": 2", "a snapshot of formula 2, and this version reads formula 1; take a new one with 'mcpprobe snapshot'")]
    [InlineData("\"formula\": 1,", "", "not a snapshot file: it has no 'formula'; take a new one with 'mcpprobe snapshot'")]
    [InlineData("\"target\":", "\"goal\":", "not a snapshot file: /target is not a string; take a new one with 'mcpprobe snapshot'")]
    [InlineData("2026-11-22T10:00:00Z", "yesterday", "not a snapshot file: /takenAt is not a date and time; take a new one with 'mcpprobe snapshot'")]
    [InlineData("\"tools\": [", "\"tools\": [1,", "not a snapshot file: tools[0] is not an object; take a new one with 'mcpprobe snapshot'")]
    [InlineData("\"samples\": 1", "\"samples\": \"1\"", "not a snapshot file: /latency/samples is not a number; take a new one with 'mcpprobe snapshot'")]
    [InlineData("\"name\": \"echo\"", "\"name\": \"echo\", \"name\": \"echo\"", "not a snapshot file: the key at /tools/0/name stands twice; take a new one with 'mcpprobe snapshot'")]
    [InlineData("\"hashes\": {", "\"hashes\": {,", "not a snapshot file: not valid JSON (line 29, byte 14)")]
    public void Read_ChangedFile_SaysWhatIsWrong(string from, string to, string error)
    {
        var file = Write(Snapshot());
        Assert.Contains(from, file, StringComparison.Ordinal);

        var outcome = SnapshotFile.Read(Encoding.UTF8.GetBytes(file.Replace(from, to, StringComparison.Ordinal)));

        Assert.Null(outcome.Value);
        Assert.Equal(error, outcome.Error);
    }

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("[]", "it has no 'formula'")]
    [InlineData("endpoints:", "not valid JSON")]
    public void Read_SomethingElse_IsNotASnapshot(string file, string reason) =>
        Assert.StartsWith($"not a snapshot file: {reason}", SnapshotFile.Read(Encoding.UTF8.GetBytes(file)).Error);

    [Fact]
    public void Read_ReformattedFile_IsTheSame() => Assert.Null(SnapshotFile.Read(Encoding.UTF8.GetBytes(
        "\uFEFF" + Write(Snapshot()).ReplaceLineEndings("\r\n").Replace("  ", "\t", StringComparison.Ordinal))).Error);

    [Fact]
    public void Write_TwentySamples_HasPercentilesByNearestRank()
    {
        var samples = Enumerable.Range(1, 20).Select(i => Sample(i, 10 * i)).Prepend(Sample(999, 999, cold: true)).Append(Sample(null));

        var latency = SnapshotLatency.Of([.. samples]);

        Assert.Equal(new SnapshotLatency(20, new Percentiles(10, 19), new Percentiles(100, 190)), latency);
    }

    [Fact]
    public void Write_NoWarmSample_HasNoLatency()
    {
        var file = Write(Snapshot(), Sample(1, 1, cold: true));

        Assert.Contains("\"latency\": null", file, StringComparison.Ordinal);
        Assert.Null(SnapshotFile.Read(Encoding.UTF8.GetBytes(file)).Value!.Latency);
    }
}
