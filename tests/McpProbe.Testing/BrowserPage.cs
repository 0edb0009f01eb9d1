using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;

namespace McpProbe.Testing;

/// <summary>
/// A page in a headless Chromium of its own, used as a person would: open, look, type, click. It speaks the DevTools protocol, so that
/// the page's content security policy holds for the page and not for the test.
/// </summary>
public sealed class BrowserPage : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TempDirectory _profile;
    private readonly Process _process;
    private readonly ClientWebSocket _socket = new();
    private readonly List<string> _console = [];
    private int _id;

    private BrowserPage(TempDirectory profile, Process process) => (_profile, _process) = (profile, process);

    /// <summary>What the page's console said, refusals of the content security policy among it.</summary>
    public IReadOnlyList<string> Console => _console;

    /// <param name="dark">Whether the reader prefers the dark scheme.</param>
    /// <param name="headers">Sent with every request, such as a key.</param>
    /// <param name="script">False is a reader without JavaScript.</param>
    public static async Task<BrowserPage> StartAsync(
        int width = 1280, int height = 900, bool dark = false, IReadOnlyDictionary<string, string>? headers = null, bool script = true)
    {
        Browser.Require();
        var profile = new TempDirectory();
        var page = new BrowserPage(profile, Browser.Start(profile.Path, ["--remote-debugging-port=0", "--hide-scrollbars", "about:blank"]));
        // Nobody reads what it says, and a full pipe would stop it.
        page._process.BeginOutputReadLine();
        page._process.BeginErrorReadLine();
        try
        {
            await page.ConnectAsync();
            foreach (var domain in new[] { "Page", "Runtime", "Log", "Network" })
                await page.SendAsync($"{domain}.enable");
            await page.ResizeAsync(width, height);
            await page.SendAsync("Emulation.setEmulatedMedia", new { features = new[] { new { name = "prefers-color-scheme", value = dark ? "dark" : "light" } } });
            await page.SendAsync("Emulation.setScriptExecutionDisabled", new { value = !script });
            if (headers is not null)
                await page.SendAsync("Network.setExtraHTTPHeaders", new { headers });
            return page;
        }
        catch
        {
            await page.DisposeAsync();
            throw;
        }
    }

    public Task ResizeAsync(int width, int height) => SendAsync(
        "Emulation.setDeviceMetricsOverride", new { width, height, deviceScaleFactor = 1, mobile = false });

    /// <summary>From now on loads nothing from these addresses, in which <c>*</c> stands for any text.</summary>
    public Task BlockAsync(params string[] urls) => SendAsync("Network.setBlockedURLs", new { urls });

    /// <summary>Opens an address and waits until it is loaded.</summary>
    public Task OpenAsync(Uri url) => LeavingAsync(() => SendAsync("Page.navigate", new { url = url.AbsoluteUri }));

    /// <summary>What an expression of the page's language gives; a promise is waited for.</summary>
    public async Task<JsonElement> AskAsync(string expression)
    {
        var answer = await SendAsync("Runtime.evaluate", new { expression, awaitPromise = true, returnByValue = true, userGesture = true });
        Assert.False(answer.TryGetProperty("exceptionDetails", out var failure), $"{expression}: {failure}");
        return answer.GetProperty("result").TryGetProperty("value", out var value) ? value : default;
    }

    /// <summary>The visible text of what a selector finds first, in one line.</summary>
    public async Task<string> TextAsync(string selector) => string.Join(
        ' ', (await AskAsync($"{First(selector)}.innerText")).GetString()!.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>The visible text of each frame in the page, in one line; empty for one that the browser refused to show.</summary>
    public async Task<IReadOnlyList<string>> FrameTextsAsync()
    {
        var texts = new List<string>();
        foreach (var child in (await SendAsync("Page.getFrameTree")).GetProperty("frameTree").GetProperty("childFrames").EnumerateArray())
        {
            var frame = child.GetProperty("frame");
            if (frame.TryGetProperty("unreachableUrl", out _))
            {
                texts.Add("");
                continue;
            }

            var context = (await SendAsync("Page.createIsolatedWorld", new { frameId = frame.GetProperty("id").GetString() })).GetProperty("executionContextId").GetInt32();
            var answer = await SendAsync("Runtime.evaluate", new { expression = "document.body.innerText", contextId = context, returnByValue = true });
            texts.Add(string.Join(' ', (answer.GetProperty("result").GetProperty("value").GetString() ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
        }

        return texts;
    }

    public async Task<int> CountAsync(string selector) => (await AskAsync($"document.querySelectorAll({Quote(selector)}).length")).GetInt32();

    /// <summary>Types into a field, in place of what was there.</summary>
    public async Task TypeAsync(string selector, string text)
    {
        await AskAsync($"(e => {{ e.focus(); e.select?.(); }})({First(selector)})");
        await SendAsync("Input.insertText", new { text });
    }

    public Task ChooseAsync(string selector, string value) => AskAsync(
        $"(e => {{ e.value = {Quote(value)}; e.dispatchEvent(new Event('input', {{bubbles: true}})); e.dispatchEvent(new Event('change', {{bubbles: true}})); if (e.value !== {Quote(value)}) throw new Error('no such option'); }})({First(selector)})");

    /// <summary>Clicks what does not leave the page.</summary>
    public Task ClickAsync(string selector) => AskAsync($"{First(selector)}.click()");

    /// <summary>Clicks a link or a button, and waits for the page that it leads to.</summary>
    public Task FollowAsync(string selector) => LeavingAsync(() => ClickAsync(selector));

    /// <summary>Presses a key that writes nothing, such as <c>Tab</c> or <c>Enter</c>.</summary>
    public async Task PressAsync(string key)
    {
        var code = key switch { "Tab" => 9, "Enter" => 13, "Escape" => 27, _ => 0 };
        await SendAsync("Input.dispatchKeyEvent", key == "Enter"
            ? (object)new { type = "keyDown", key, code = key, windowsVirtualKeyCode = code, text = "\r" }
            : new { type = "rawKeyDown", key, code = key, windowsVirtualKeyCode = code });
        await SendAsync("Input.dispatchKeyEvent", new { type = "keyUp", key, code = key, windowsVirtualKeyCode = code });
    }

    /// <summary>Waits until an expression is true.</summary>
    public async Task UntilAsync(string expression)
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        while (await AskAsync(expression) is not { ValueKind: JsonValueKind.True })
        {
            Assert.False(patience.IsCancellationRequested, $"not within {Patience.TotalSeconds} s: {expression}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>A picture of what is in view, or of the whole page, as PNG.</summary>
    public async Task<byte[]> ScreenshotAsync(bool whole = false) =>
        (await SendAsync("Page.captureScreenshot", new { format = "png", captureBeyondViewport = whole })).GetProperty("data").GetBytesFromBase64();

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _profile.Dispose();
    }

    // A page that is gone answers no expression: the wait is for the new one's load event.
    private async Task LeavingAsync(Func<Task> leave)
    {
        var loads = _loads;
        await leave();
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, TestContext.Current.CancellationToken);
        while (_loads == loads)
        {
            try
            {
                Note(await ReceiveAsync(either.Token));
            }
            catch (OperationCanceledException) when (patience.IsCancellationRequested)
            {
                Assert.Fail($"no page was loaded within {Patience.TotalSeconds} s");
            }
        }
    }

    private int _loads;

    private async Task ConnectAsync()
    {
        var port = Path.Combine(_profile.Path, "DevToolsActivePort");
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        string[] lines;
        while (!File.Exists(port) || (lines = await ReadAsync(port)).Length < 2)
        {
            Assert.False(patience.IsCancellationRequested || _process.HasExited, "Chromium did not start");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var targets = JsonDocument.Parse(await http.GetStringAsync($"http://127.0.0.1:{lines[0]}/json/list", TestContext.Current.CancellationToken));
        var address = targets.RootElement.EnumerateArray().First(target => target.GetProperty("type").GetString() == "page")
            .GetProperty("webSocketDebuggerUrl").GetString()!;
        await _socket.ConnectAsync(new Uri(address), TestContext.Current.CancellationToken);
    }

    // It may be half written.
    private static async Task<string[]> ReadAsync(string path)
    {
        try
        {
            return await File.ReadAllLinesAsync(path, TestContext.Current.CancellationToken);
        }
        catch (IOException)
        {
            return [];
        }
    }

    private async Task<JsonElement> SendAsync(string method, object? parameters = null)
    {
        var id = ++_id;
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, TestContext.Current.CancellationToken);
        await _socket.SendAsync(
            JsonSerializer.SerializeToUtf8Bytes(new { id, method, @params = parameters ?? new { } }), WebSocketMessageType.Text, true, either.Token);
        while (true)
        {
            var message = await ReceiveAsync(either.Token);
            if (message.TryGetProperty("id", out var of) && of.GetInt32() == id)
            {
                Assert.False(message.TryGetProperty("error", out var error), $"{method}: {error}");
                return message.GetProperty("result");
            }

            Note(message);
        }
    }

    private void Note(JsonElement message)
    {
        switch (message.TryGetProperty("method", out var name) ? name.GetString() : null)
        {
            case "Page.loadEventFired":
                _loads++;
                break;
            case "Log.entryAdded":
                _console.Add(message.GetProperty("params").GetProperty("entry").GetProperty("text").GetString()!);
                break;
            case "Runtime.consoleAPICalled" or "Runtime.exceptionThrown":
                _console.Add(message.GetProperty("params").GetRawText());
                break;
        }
    }

    private async Task<JsonElement> ReceiveAsync(CancellationToken cancellationToken)
    {
        using var message = new MemoryStream();
        var buffer = new byte[64 << 10];
        ValueWebSocketReceiveResult part;
        do
        {
            part = await _socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
            message.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return JsonSerializer.Deserialize<JsonElement>(message.GetBuffer().AsSpan(0, (int)message.Length));
    }

    private static string First(string selector) =>
        $"(document.querySelector({Quote(selector)}) ?? (() => {{ throw new Error('nothing on the page is ' + {Quote(selector)}); }})())";

    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
