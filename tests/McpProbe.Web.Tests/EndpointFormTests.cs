using System.Net;
using AngleSharp.Dom;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;

namespace McpProbe.Web.Tests;

/// <summary>Adding, changing, pausing and archiving endpoints on pages: the mistakes, the test before saving, and who may.</summary>
public sealed class EndpointFormTests
{
    private static readonly (string, string) WithKey = ("X-Api-Key", WebHead.Key);
    private static readonly (string, string) Reader = ("X-Api-Key", WebHead.ReadKey);

    public static TheoryData<string, string, string> Mistakes => new()
    {
        { "url=", "url", "url: has no value; write an http or https URL, or remove the key" },
        { "url=ftp://example.com", "url", "url: is not an absolute http or https URL, such as https://example.com/mcp" },
        { "id=Not an id", "id", "id: 'Not an id' is not an id: 1 to 63 of a-z, 0-9, '.' and '-', beginning with a letter or digit" },
        { "id=new", "id", "id: 'new' is the address of this form; choose another id" },
        { "id=taken", "id", "id: there is an endpoint 'taken' already: edit that one, or choose another id" },
        { "interval=60", "interval", "interval: '60' is not a duration such as 500ms, 10s, 1m or 24h, at most 168h" },
        { "timeout=5m", "timeout", "timeout: the timeout (5m) is longer than the interval (1m); a probe must end before the next begins" },
        { "failureThreshold=0", "failureThreshold", "failureThreshold: 0 is not a whole number from 1 to 1000" },
        { "channels=ghost", "channels", "channels[0]: there is no channel 'ghost'" },
        { "tags=a, a", "tags", "tags[1]: the tag 'a' stands twice" },
        { "bearer=hunter2", "bearer", "bearer: holds a literal credential; use ${env:NAME} and set that variable" },
        { "bearer=${env:MCPPROBE_API_KEY}", "bearer", "bearer: The variable MCPPROBE_API_KEY is McpProbe's own" },
        { "bearer=${env:HOME}", "bearer", "bearer: Definitions of the API may name these variables only" },
        { "url=;advanced=command: rm -rf /", "advanced", "command: A stdio server is started on McpProbe's own machine" },
        { "advanced=conditions:\n  requireTools: echo", "advanced", "line 2: conditions.requireTools: is text, and must be" },
        { "advanced=smoke: [", "advanced", "not valid YAML" },
        { "advanced=interval: 5s", "advanced", "line 1: 'interval' has its own field in the form" },
        { "advanced=tls:\n  ca: /etc/ssl/ca.pem", "advanced", "tls.ca: A file is opened on McpProbe's own machine" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task Add_WithAMistake_SaysSoAtTheFieldAndChangesNothing(string typed, string field, string expected)
    {
        await using var head = await StartAsync();
        head.Store.Put(new RegisteredEndpoint(Samples.Endpoint("taken"), EndpointSource.Api));

        foreach (var path in new[] { "/endpoints/new", "/endpoints/new/probe" })
        {
            // A test is made of what is valid; whether its id is taken is for saving.
            if (path.EndsWith("probe", StringComparison.Ordinal) && typed is "id=new" or "id=taken")
                continue;
            var (status, page) = await SendAsync(head, path, typed);

            Assert.Equal(HttpStatusCode.BadRequest, status);
            var input = page.QuerySelector(field == "channels" ? "#f-channels" : $"[name={field}]")!;
            var wrong = input.ParentElement!.QuerySelector(".mistakes") ?? input.QuerySelector(".mistakes");
            Assert.Contains(expected, wrong!.TextContent, StringComparison.Ordinal);
            Assert.Contains(expected, page.QuerySelector("[role=alert]")!.TextContent, StringComparison.Ordinal);
            Assert.Equal($"#f-{field}", page.QuerySelector("[role=alert] a")!.GetAttribute("href"));
            if (field != "channels")
                Assert.Equal(("true", $"m-{field}"), (input.GetAttribute("aria-invalid"), input.GetAttribute("aria-describedby")!.Split(' ')[0]));
            // What was typed elsewhere is still there.
            Assert.Equal("Kept", page.QuerySelector("[name=name]")!.GetAttribute("value"));
        }

        Assert.Equal(["taken"], (await head.Store.ListEndpointsAsync(TestContext.Current.CancellationToken)).Select(each => each.Endpoint.Id));
    }

    [Theory]
    [InlineData("bearer=s3cr3t-hunter2")]
    [InlineData("url=https://ann:s3cr3t-hunter2@example.com/mcp")]
    [InlineData("url=nowhere;advanced=headers:\n  X-Api-Key: s3cr3t-hunter2")]
    [InlineData("url=nowhere;advanced=headers: { Authorization: 'Bearer s3cr3t-hunter2' }")]
    [InlineData("advanced={\"oauth\":{\"clientId\":\"me\",\"clientSecret\":\"s3cr3t-hunter2\"}}")]
    [InlineData("advanced=headers:\n  Authorization: Bearer s3cr3t-hunter2\nsmoke: [")]
    [InlineData("advanced=headers:\n  Cookie: >-\n    s3cr3t-hunter2\n")]
    public async Task Add_WithACredentialInPlaceOfAReference_NeverShowsIt(string typed)
    {
        await using var head = await StartAsync();

        foreach (var path in new[] { "/endpoints/new", "/endpoints/new/probe" })
        {
            var (status, page) = await SendAsync(head, path, typed);
            Assert.Equal(HttpStatusCode.BadRequest, status);
            Assert.DoesNotContain("s3cr3t", page.DocumentElement.OuterHtml, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(head.Log.Of(""), line => line.Contains("s3cr3t", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Add_WhatIsRight_IsWatchedAndAudited()
    {
        await using var head = await StartAsync();

        using var added = await PostAsync(head, "/endpoints/new",
            "id=orders;name=Orders;group=Shop;tags=eu, production;notes=Ask Ann.;interval=5m;timeout=20s;bearer=${env:SECRET_ORDERS};visibility=public;hideUrl=true;channels=ops;driftPolicy=freeze;failureThreshold=5;successThreshold=1;"
            + "advanced=conditions:\n  requireTools: [echo]\nheaders:\n  X-Team: shop");

        Assert.Equal((HttpStatusCode.SeeOther, "/endpoints/orders"), (added.StatusCode, added.Headers.Location?.OriginalString));
        var registered = (await head.Store.FindEndpointAsync("orders", TestContext.Current.CancellationToken))!;
        Assert.Equal(EndpointSource.Api, registered.Source);
        Assert.Equal(
            """{"id":"orders","name":"Orders","notes":"Ask Ann.","url":"https://orders.example.com/mcp","headers":{"X-Team":"shop"},"bearer":"${env:SECRET_ORDERS}","interval":"5m","timeout":"20s","conditions":{"requireTools":["echo"]},"driftPolicy":"freeze","failureThreshold":5,"successThreshold":1,"channels":["ops"],"group":"Shop","tags":["eu","production"],"visibility":"public","hideUrl":true}""",
            McpProbe.Configuration.EndpointJson.ToJson(registered.Endpoint));
        var line = head.Store.Audit[0];
        Assert.Equal(("POST", "/endpoints/new", 303, AuditOutcome.Done, ActorKind.ApiKey), (line.Method, line.Route, line.Status, line.Outcome, line.Who.Kind));
    }

    [Fact]
    public async Task Edit_ShowsWhatIsStoredAndKeepsWhatHasNoField()
    {
        await using var head = await StartAsync();
        using var added = await PostAsync(head, "/endpoints/new", "id=orders;tags=eu;bearer=${env:SECRET_ORDERS};channels=ops;advanced=smoke:\n  tool: echo\n  args: { text: \"a: b\" }");
        Assert.Equal(HttpStatusCode.SeeOther, added.StatusCode);

        var form = await FormAsync(head, "/endpoints/orders/edit");
        Assert.Equal("https://orders.example.com/mcp", form["url"].Single());
        Assert.Equal("smoke:\n  tool: echo\n  args:\n    text: \"a: b\"\n", form["advanced"].Single());
        Assert.Equal(["ops"], form["channels"]);
        form["name"] = ["Order book"];
        form["tags"] = ["eu, us"];
        using var saved = await PostAsync(head, "/endpoints/orders/edit", form);

        Assert.Equal((HttpStatusCode.SeeOther, "/endpoints/orders/definition"), (saved.StatusCode, saved.Headers.Location?.OriginalString));
        var endpoint = (await head.Store.FindEndpointAsync("orders", TestContext.Current.CancellationToken))!.Endpoint;
        Assert.Equal(("Order book", "echo", "${env:SECRET_ORDERS}"), (endpoint.Name, endpoint.Smoke?.Tool, endpoint.Bearer));
        Assert.Equal(["eu", "us"], endpoint.Tags);
    }

    [Fact]
    public async Task Edit_OfADefinitionThatSomebodyElseChanged_ChangesNothingAndKeepsWhatWasTyped()
    {
        await using var head = await StartAsync();
        using var added = await PostAsync(head, "/endpoints/new", "id=orders");
        var form = await FormAsync(head, "/endpoints/orders/edit");
        head.Time.Advance(TimeSpan.FromSeconds(1));
        using var other = await PostAsync(head, "/endpoints/orders/edit", "name=Theirs");
        Assert.Equal(HttpStatusCode.SeeOther, other.StatusCode);

        form["name"] = ["Mine"];
        using var late = await PostAsync(head, "/endpoints/orders/edit", form);
        var page = await ParseAsync(late);

        Assert.Equal(HttpStatusCode.Conflict, late.StatusCode);
        Assert.Contains("Somebody else has changed the definition", page.QuerySelector("[role=alert]")!.TextContent, StringComparison.Ordinal);
        Assert.Equal("Mine", page.QuerySelector("[name=name]")!.GetAttribute("value"));
        Assert.Equal("Theirs", (await head.Store.FindEndpointAsync("orders", TestContext.Current.CancellationToken))!.Endpoint.Name);
    }

    [Fact]
    public async Task Edit_OfAStoredDefinitionThatIsNotValidAnyMore_SaysWhyAndMendsIt()
    {
        await using var head = await StartAsync();
        head.Store.Put(RegisteredEndpoint.Read("old", """{"url":"ftp://example.com"}"""u8.ToArray(), EndpointSource.Api));

        var page = await head.PageAsync("/endpoints/old/edit", WithKey);
        Assert.Contains("is not an absolute http or https URL", page.QuerySelector("[role=alert]")!.TextContent, StringComparison.Ordinal);
        using var mended = await PostAsync(head, "/endpoints/old/edit", "name=Mended");

        Assert.Equal(HttpStatusCode.SeeOther, mended.StatusCode);
        var registered = (await head.Store.FindEndpointAsync("old", TestContext.Current.CancellationToken))!;
        Assert.Equal((null, false), (registered.Mistakes, registered.Endpoint.Paused));
    }

    [Fact]
    public async Task Buttons_PauseResumeArchiveAndRestore()
    {
        await using var head = await StartAsync();
        using var added = await PostAsync(head, "/endpoints/new", "id=orders");

        foreach (var (button, source, paused, offers) in new (string, EndpointSource, bool, string[])[]
        {
            ("pause", EndpointSource.Api, true, ["resume", "archive"]), ("resume", EndpointSource.Api, false, ["pause", "archive"]),
            ("archive", EndpointSource.Archived, true, ["restore"]), ("restore", EndpointSource.Api, false, ["pause", "archive"]),
        })
        {
            using var pressed = await head.SendAsync(HttpMethod.Post, $"/endpoints/orders/{button}", null, WithKey);
            Assert.Equal((HttpStatusCode.SeeOther, "/endpoints/orders/definition"), (pressed.StatusCode, pressed.Headers.Location?.OriginalString));
            var registered = (await head.Store.FindEndpointAsync("orders", TestContext.Current.CancellationToken))!;
            Assert.Equal((source, paused), (registered.Source, registered.Endpoint.Paused));
            var page = await head.PageAsync("/endpoints/orders/definition", WithKey);
            Assert.Equal(offers, page.QuerySelectorAll("form[action^='/endpoints/orders/']").Select(form => form.GetAttribute("action")!.Split('/')[^1]));
        }

        using var twice = await head.SendAsync(HttpMethod.Post, "/endpoints/orders/restore", null, WithKey);
        Assert.Equal(HttpStatusCode.Conflict, twice.StatusCode);
        Assert.Equal(["restore", "archive", "resume", "pause"], head.Store.Audit.Where(line => line.Status == 303).Select(line => line.Route.Split('/')[^1]).Take(4));
    }

    [Fact]
    public async Task Restore_OfWhatThePagesMayNotDefine_IsRefused()
    {
        await using var head = await StartAsync();
        head.Store.Put(new RegisteredEndpoint(new McpProbe.Endpoints.Endpoint { Id = "local", Command = ["rm", "-rf"], Paused = true }, EndpointSource.Archived));

        using var refused = await head.SendAsync(HttpMethod.Post, "/endpoints/local/restore", null, WithKey, ("Accept", "text/html"));
        var page = await ParseAsync(refused);

        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("command: A stdio server is started on McpProbe's own machine", page.Body!.TextContent, StringComparison.Ordinal);
        Assert.Equal(EndpointSource.Archived, (await head.Store.FindEndpointAsync("local", TestContext.Current.CancellationToken))!.Source);
    }

    [Fact]
    public async Task FileEndpoints_AreReadOnlyAndSayWhereTheyAreChanged()
    {
        await using var head = await StartAsync();
        head.Store.Put(new RegisteredEndpoint(Samples.Endpoint("filed"), EndpointSource.File));

        var page = await head.PageAsync("/endpoints/filed/definition", WithKey);
        Assert.Contains("It is defined in the probes file", page.Body!.TextContent, StringComparison.Ordinal);
        Assert.Empty(page.QuerySelectorAll("form[action^='/endpoints/'], a[href$='/edit']"));
        foreach (var (method, path) in new[] { (HttpMethod.Get, "edit"), (HttpMethod.Post, "edit"), (HttpMethod.Post, "edit/probe"), (HttpMethod.Post, "pause"), (HttpMethod.Post, "resume"), (HttpMethod.Post, "archive"), (HttpMethod.Post, "restore") })
        {
            using var refused = await head.SendAsync(method, $"/endpoints/filed/{path}", method == HttpMethod.Post ? Form("name=x") : null, WithKey, ("Accept", "text/html"));
            Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
            Assert.Contains("Change it in the probes file", (await ParseAsync(refused)).Body!.TextContent, StringComparison.Ordinal);
        }

        Assert.Equal(EndpointSource.File, (await head.Store.FindEndpointAsync("filed", TestContext.Current.CancellationToken))!.Source);
    }

    [Fact]
    public async Task Forms_AreTheAdministratorsAndComeFromOurOwnPages()
    {
        await using var head = await StartAsync();
        head.Store.Put(new RegisteredEndpoint(Samples.Endpoint("orders"), EndpointSource.Api));
        foreach (var path in new[] { "/endpoints/new", "/endpoints/orders/edit" })
        {
            using var stranger = await head.GetAsync(path);
            using var reader = await head.GetAsync(path, Reader);
            Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden), (stranger.StatusCode, reader.StatusCode));
        }

        Assert.Empty((await head.PageAsync("/endpoints/orders/definition", Reader)).QuerySelectorAll("form[action^='/endpoints/'], a[href$='/edit']"));

        // Signed in, in a browser, on a page of somebody else.
        using var signIn = await head.SendAsync(HttpMethod.Post, "/sign-in", new FormUrlEncodedContent([new("key", WebHead.Key)]));
        var cookie = signIn.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        foreach (var path in new[] { "/endpoints/new", "/endpoints/new/probe", "/endpoints/orders/edit", "/endpoints/orders/pause", "/endpoints/orders/archive" })
        {
            using var foreign = await head.SendAsync(HttpMethod.Post, path, Form("id=evil"), ("Cookie", cookie), ("Origin", "https://evil.example"));
            using var none = await head.SendAsync(HttpMethod.Post, path, Form("id=evil"), ("Cookie", cookie));
            Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (foreign.StatusCode, none.StatusCode));
        }

        using var own = await head.SendAsync(HttpMethod.Post, "/endpoints/orders/pause", null, ("Cookie", cookie), ("Origin", head.Url.GetLeftPart(UriPartial.Authority)));
        Assert.Equal(HttpStatusCode.SeeOther, own.StatusCode);
    }

    [Fact]
    public async Task Test_BeforeSaving_ShowsTheVerdictAndTheToolsAndSavesNothing()
    {
        await using var server = await StubServer.StartAsync(McpScript.Handshake("echo", "<b>bold</b>"));
        await using var head = await StartAsync(CheckUrls.Any);

        var (status, page) = await SendAsync(head, "/endpoints/new/probe", $"id=orders;url={server.Url}/mcp");

        Assert.Equal(HttpStatusCode.OK, status);
        var found = page.QuerySelector("[role=status]")!;
        Assert.Contains("The test found: healthy", PageTests.Words(found.TextContent), StringComparison.Ordinal);
        Assert.Equal(["<b>bold</b>", "echo"], found.QuerySelectorAll(".tool-list code").Select(tool => tool.TextContent).Order(StringComparer.Ordinal));
        Assert.Equal($"{server.Url}/mcp", page.QuerySelector("[name=url]")!.GetAttribute("value"));
        Assert.Empty(await head.Store.ListEndpointsAsync(TestContext.Current.CancellationToken));
        Assert.DoesNotContain(head.Store.Audit, line => line.Route.Contains("probe", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Test_OfWhatMayNotBeReached_IsNoWayAroundTheRules()
    {
        await using var server = await StubServer.StartAsync(McpScript.Handshake("echo"));
        await using var careful = await StartAsync(CheckUrls.Public);
        var (status, page) = await SendAsync(careful, "/endpoints/new/probe", $"id=orders;url={server.Url}/mcp");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains("blocked-address", page.QuerySelector("[role=status]")!.TextContent, StringComparison.Ordinal);

        await using var closed = await StartAsync(CheckUrls.None);
        var (refused, why) = await SendAsync(closed, "/endpoints/new/probe", $"id=orders;url={server.Url}/mcp");
        Assert.Equal(HttpStatusCode.Forbidden, refused);
        Assert.Contains("Here only endpoints that are saved are probed", why.QuerySelector("[role=alert]")!.TextContent, StringComparison.Ordinal);
        Assert.Empty((await closed.PageAsync("/endpoints/new", WithKey)).QuerySelectorAll("[formaction]"));
    }

    /// <summary>A test sends no secret of this machine to an address that somebody types; one that has it already gets it.</summary>
    [Fact]
    public async Task Test_WithAReference_SendsTheSecretOnlyWhereItGoesAlready()
    {
        Environment.SetEnvironmentVariable("SECRET_FORM_TEST", "s3cr3t-of-the-form-test");
        var seen = new System.Collections.Concurrent.ConcurrentBag<string>();
        var answer = McpScript.Handshake("echo");
        await using var server = await StubServer.StartAsync(context =>
        {
            seen.Add(context.Request.Headers.Authorization.ToString());
            return answer(context);
        });
        await using var head = await StartAsync(CheckUrls.Any);

        var (_, page) = await SendAsync(head, "/endpoints/new/probe", $"id=orders;url={server.Url}/mcp;bearer=${{env:SECRET_FORM_TEST}}");
        Assert.Contains("It was probed without its credentials", page.QuerySelector("[role=status]")!.TextContent, StringComparison.Ordinal);
        Assert.All(seen, header => Assert.Equal("", header));

        using var added = await PostAsync(head, "/endpoints/new", $"id=orders;url={server.Url}/mcp;bearer=${{env:SECRET_FORM_TEST}}");
        Assert.Equal(HttpStatusCode.SeeOther, added.StatusCode);
        var (_, same) = await SendAsync(head, "/endpoints/orders/edit/probe", $"name=Other;url={server.Url}/mcp;bearer=${{env:SECRET_FORM_TEST}}");
        Assert.DoesNotContain("without its credentials", same.QuerySelector("[role=status]")!.TextContent, StringComparison.Ordinal);
        Assert.Contains("Bearer s3cr3t-of-the-form-test", seen);
        Assert.DoesNotContain("s3cr3t-of", same.DocumentElement.OuterHtml, StringComparison.Ordinal);

        seen.Clear();
        var (_, elsewhere) = await SendAsync(head, "/endpoints/orders/edit/probe", $"url={server.Url}/other;bearer=${{env:SECRET_FORM_TEST}}");
        Assert.Contains("without its credentials", elsewhere.QuerySelector("[role=status]")!.TextContent, StringComparison.Ordinal);
        Assert.All(seen, header => Assert.Equal("", header));

        var (status, inUrl) = await SendAsync(head, "/endpoints/new/probe", $"id=new-one;url={server.Url}/mcp?key=${{env:SECRET_FORM_TEST}}");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("a test uses none of this machine", inUrl.QuerySelector("#m-url")!.TextContent, StringComparison.Ordinal);
    }

    private static Task<WebHead> StartAsync(CheckUrls urls = CheckUrls.Public)
    {
        var store = new SampleStore();
        store.Add(Samples.Channel("ops"), Samples.Channel("pager"));
        return WebHead.StartAsync(new WebOptions { ApiKey = WebHead.Key, ReadKey = WebHead.ReadKey, CheckUrls = urls }, store);
    }

    private static async Task<(HttpStatusCode Status, IDocument Page)> SendAsync(WebHead head, string path, string typed)
    {
        using var response = await PostAsync(head, path, typed);
        return (response.StatusCode, await ParseAsync(response));
    }

    private static Task<HttpResponseMessage> PostAsync(WebHead head, string path, string typed) =>
        head.SendAsync(HttpMethod.Post, path, Form(typed), WithKey, ("Accept", "text/html"));

    private static Task<HttpResponseMessage> PostAsync(WebHead head, string path, Dictionary<string, List<string>> form) => head.SendAsync(
        HttpMethod.Post, path, new FormUrlEncodedContent(form.SelectMany(field => field.Value.Select(value => KeyValuePair.Create(field.Key, value)))), WithKey, ("Accept", "text/html"));

    // Over what an endpoint needs.
    private static FormUrlEncodedContent Form(string typed)
    {
        var fields = new Dictionary<string, string> { ["id"] = "orders", ["url"] = "https://orders.example.com/mcp", ["name"] = "Kept" };
        foreach (var field in typed.Split(';', StringSplitOptions.RemoveEmptyEntries))
            fields[field.Split('=')[0]] = field.Split('=', 2)[1];
        return new FormUrlEncodedContent(fields);
    }

    /// <summary>What a browser would send of the form as it stands.</summary>
    private static async Task<Dictionary<string, List<string>>> FormAsync(WebHead head, string path)
    {
        var form = new Dictionary<string, List<string>>();
        foreach (var control in (await head.PageAsync(path, WithKey)).QuerySelectorAll(".endpoint-form [name]"))
        {
            if (control.GetAttribute("type") == "checkbox" && !control.HasAttribute("checked"))
                continue;
            var value = control.LocalName switch
            {
                "select" => control.QuerySelector("option[selected]")!.GetAttribute("value")!,
                "textarea" => control.TextContent,
                _ => control.GetAttribute("value") ?? "",
            };
            form.TryAdd(control.GetAttribute("name")!, []);
            form[control.GetAttribute("name")!].Add(value);
        }

        return form;
    }

    private static async Task<IDocument> ParseAsync(HttpResponseMessage response) => await new AngleSharp.Html.Parser.HtmlParser().ParseDocumentAsync(
        await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
}
