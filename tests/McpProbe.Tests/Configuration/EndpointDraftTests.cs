using CsCheck;
using McpProbe.Configuration;
using McpProbe.Endpoints;

namespace McpProbe.Tests.Configuration;

public sealed class EndpointDraftTests
{
    [Fact]
    public void Read_WhatWriteWrote_IsTheSameEndpoint() => EndpointJsonTests.Any.Sample(expected =>
    {
        var (fields, rest) = EndpointDraft.Write(expected);
        var (parsed, literals) = EndpointDraft.Read(fields, rest, [.. expected.Channels, .. expected.Alerts.Escalate.SelectMany(step => step.Channels)]);

        Assert.True(parsed.Errors.Count == 0, string.Join('\n', parsed.Errors) + "\n" + rest);
        Assert.Empty(literals);
        // A field holds no white space around what was typed.
        var read = parsed.Value! with { Name = expected.Name?.Trim(), Group = expected.Group?.Trim() };
        Assert.Equal(EndpointJson.ToJson(expected with { Name = expected.Name?.Trim(), Group = expected.Group?.Trim() }), EndpointJson.ToJson(read));
    });

    public static TheoryData<string, string, string, int, string> Mistakes => new()
    {
        { "url=", "", "url", 0, "has no value; write an http or https URL" },
        { "id=", "", "id", 0, "has no value; write an id" },
        { "id=No id", "", "id", 0, "'No id' is not an id" },
        { "url=ftp://example.com", "", "url", 0, "is not an absolute http or https URL" },
        { "interval=60", "", "interval", 0, "'60' is not a duration such as" },
        { "interval=5s;timeout=30s", "", "timeout", 0, "the timeout (30s) is longer than the interval (5s)" },
        { "bearer=hunter2", "", "bearer", 0, "holds a literal credential" },
        { "failureThreshold=many", "", "failureThreshold", 0, "is text, and must be a whole number from 1 to 1000" },
        { "channels=ghost", "", "channels[0]", 0, "there is no channel 'ghost'" },
        { "", "conditions:\n  requireTools: echo", "conditions.requireTools", 2, "is text, and must be" },
        { "", "headers:\n  X-Api-Key: hunter2", "headers.X-Api-Key", 2, "holds a literal credential" },
        { "", "\nsmokes: {}", "", 2, "unknown key 'smokes'" },
        { "", "interval: 5s", "", 1, "'interval' has its own field in the form" },
        { "", "- a", "", 1, "is no mapping of keys to values" },
        { "", "a: b: c", "", 1, "not valid YAML" },
        { "", "{\"smoke\":}", "", 1, "not valid JSON" },
        { "", "smoke: {}\nsmoke: {}", "smoke", 2, "the key stands twice; it is first on line 1" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void Read_AMistake_SaysWhereItIs(string fields, string rest, string path, int line, string message)
    {
        var (parsed, _) = EndpointDraft.Read(Typed(fields), rest, ["ops"]);

        var mistake = Assert.Single(parsed.Errors);
        Assert.Null(parsed.Value);
        Assert.Equal((path, line), (mistake.Path, mistake.Line));
        Assert.StartsWith(message, mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_SeveralMistakes_SaysAllAtOnceAndKeepsTheCredentialsApart()
    {
        var (parsed, literals) = EndpointDraft.Read(
            Typed("url=nowhere;bearer=hunter2;interval=soon"), "oauth:\n  clientId: me\n  clientSecret: hunter3", ["ops"]);

        Assert.Equal(["url", "bearer", "interval", "oauth.clientSecret"], parsed.Errors.Select(mistake => mistake.Path));
        Assert.Equal(["hunter2", "hunter3"], literals);
        Assert.DoesNotContain(parsed.Errors, mistake => mistake.Message.Contains("hunter", StringComparison.Ordinal));
    }

    [Fact]
    public void Read_JsonAsTheRest_IsReadToo()
    {
        var (parsed, _) = EndpointDraft.Read(Typed("hideUrl=true;channels=ops"), """  {"conditions": {"requireTools": ["echo"]}}""", ["ops"]);

        Assert.Empty(parsed.Errors);
        Assert.Equal(("a", true), (parsed.Value!.Id, parsed.Value.HideUrl));
        Assert.Equal(["ops"], parsed.Value.Channels);
        Assert.Equal(["echo"], parsed.Value.Conditions.RequireTools);
    }

    [Fact]
    public void Write_TheRest_ReadsAsAPersonWouldWriteIt()
    {
        var endpoint = new Endpoint
        {
            Id = "a",
            Url = new Uri("https://a.example.com/mcp"),
            Headers = new Dictionary<string, string> { ["X-Api-Key"] = "${env:SECRET_KEY}", ["X-Flag"] = "true" },
            Conditions = new Conditions { RequireTools = ["find_order", "list: all", "\U0001F600\u202E"], AllowEmpty = true },
        };

        Assert.Equal(
            """
            headers:
              X-Api-Key: "${env:SECRET_KEY}"
              X-Flag: "true"
            conditions:
              allowEmpty: true
              requireTools:
                - find_order
                - "list: all"
                - "😀\U0000202e"

            """.ReplaceLineEndings("\n"),
            EndpointDraft.Write(endpoint).Others);
        Assert.Empty(EndpointDraft.Read(EndpointDraft.Write(endpoint).Fields, EndpointDraft.Write(endpoint).Others, []).Parsed.Errors);
    }

    // Over what an endpoint needs.
    private static Dictionary<string, IReadOnlyList<string>> Typed(string fields)
    {
        var typed = new Dictionary<string, IReadOnlyList<string>> { ["id"] = ["a"], ["url"] = ["https://a.example.com/mcp"] };
        foreach (var field in fields.Split(';', StringSplitOptions.RemoveEmptyEntries))
            typed[field.Split('=')[0]] = [field.Split('=', 2)[1]];
        return typed;
    }
}
