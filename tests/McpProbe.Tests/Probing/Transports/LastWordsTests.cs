using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Probing.Transports;

namespace McpProbe.Tests.Probing.Transports;

/// <summary>Of what a process wrote to its standard error, the line that says why it ended.</summary>
public class LastWordsTests
{
    /// <summary>What each runtime writes, as it was seen, and the line that matters.</summary>
    public static TheoryData<string, string, string> Recorded => new()
    {
        { "Node, a missing module", "node:internal/modules/cjs/loader:1210\n  throw err;\n  ^\n\nError: Cannot find module '/app/dist/index.js'\n    at Module._resolveFilename (node:internal/modules/cjs/loader:1207:15)\n    at node:internal/main/run_main_module:28:49 {\n  code: 'MODULE_NOT_FOUND',\n  requireStack: []\n}\n\nNode.js v20.20.2", "Error: Cannot find module '/app/dist/index.js'" },
        { "Node, a port in use", "node:events:497\n      throw er; // Unhandled 'error' event\n      ^\n\nError: listen EADDRINUSE: address already in use :::3000\n    at Server.setupListenHandle [as _listen2] (node:net:1940:16)\nEmitted 'error' event on Server instance at:\n    at emitErrorNT (node:net:1919:8) {\n  code: 'EADDRINUSE',\n  errno: -98,\n  syscall: 'listen',\n  address: '::',\n  port: 3000\n}\n\nNode.js v20.20.2", "Error: listen EADDRINUSE: address already in use :::3000" },
        { "Node, a message of the server's own", "Usage: mcp-server-filesystem <allowed-directory> [additional-directories...]\nError: None of the specified directories are accessible", "Error: None of the specified directories are accessible" },
        { "Node, a thrown text", "node:internal/process/promises:288\n            triggerUncaughtException(err, true /* fromPromise */);\n            ^\n\n[UnhandledPromiseRejection: This error originated either by throwing inside of an async function without a catch block, or by rejecting a promise which was not handled with .catch(). The promise rejected with the reason \"boom\".] {\n  code: 'ERR_UNHANDLED_REJECTION'\n}\n\nNode.js v20.20.2", "[UnhandledPromiseRejection: This error originated either" },
        { "Python", "INFO: starting\nTraceback (most recent call last):\n  File \"/app/server.py\", line 3, in <module>\n    import missing_thing\nModuleNotFoundError: No module named 'missing_thing'", "ModuleNotFoundError: No module named 'missing_thing'" },
        { "Python, an exception whose name tells nothing", "Traceback (most recent call last):\n  File \"x.py\", line 1, in <module>\n    raise Boom(\"licence has run out\")\n__main__.Boom: licence has run out", "__main__.Boom: licence has run out" },
        { "Python, one in the course of another", "Traceback (most recent call last):\n  File \"x.py\", line 1\nKeyError: 'A'\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"x.py\", line 2\nSystemExit: set API_KEY", "SystemExit: set API_KEY" },
        { "Python, a group", "  + Exception Group Traceback (most recent call last):\n  |   File \"x.py\", line 9, in main\n  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)\n  +-+---------------- 1 ----------------\n    | Traceback (most recent call last):\n    |   File \"x.py\", line 3, in f\n    |     raise ValueError(\"boom\")\n    | ValueError: boom\n    +------------------------------------", "ValueError: boom" },
        { "Python, a syntax error", "  File \"x.py\", line 1\n    foo(\n       ^\nSyntaxError: '(' was never closed", "SyntaxError: '(' was never closed" },
        { ".NET", "Unhandled exception. System.InvalidOperationException: The connection string is missing.\n ---> System.Exception: inner\n   --- End of inner exception stack trace ---\n   at Program.<Main>$(String[] args) in /src/Program.cs:line 3", "Unhandled exception. System.InvalidOperationException: The connection string is missing." },
        { "Go, a panic", "panic: runtime error: index out of range [3] with length 2\n\ngoroutine 1 [running]:\nmain.handleError(...)\n\t/app/main.go:9\nmain.main()\n\t/app/main.go:5 +0x1d\nexit status 2", "panic: runtime error: index out of range [3] with length 2" },
        { "Go, a fatal log", "2026/11/22 10:00:00 listen tcp :80: bind: permission denied\nexit status 1", "2026/11/22 10:00:00 listen tcp :80: bind: permission denied" },
        { "Go, a signal", "panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x482a1c]\n\ngoroutine 1 [running]:\nmain.main()", "panic: runtime error: invalid memory address or nil pointer dereference" },
        { "Java", "Exception in thread \"main\" java.lang.RuntimeException: start failed\n\tat app.Main.main(Main.java:5)\nCaused by: java.io.FileNotFoundException: config.yml (No such file or directory)\n\tat java.base/java.io.FileInputStream.open0(Native Method)\n\t... 12 more", "Caused by: java.io.FileNotFoundException: config.yml (No such file or directory)" },
        { "Rust", "thread 'main' panicked at src/main.rs:2:5:\nno licence\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace", "thread 'main' panicked at src/main.rs:2:5: no licence" },
        { "npm, no such package", "npm error code E404\nnpm error 404 Not Found - GET https://registry.example/no-such - Not found\nnpm error 404\nnpm error 404  'no-such@*' is not in this registry.\nnpm error 404\nnpm error 404 Note that you can also install from a\nnpm error 404 tarball, folder, http url, or git folder.\nnpm error A complete log of this run can be found in: /root/.npm/_logs/x-debug-0.log", "npm error 404 Not Found - GET https://registry.example/no-such - Not found" },
        { "npm, no package.json", "npm ERR! code ENOENT\nnpm ERR! syscall open\nnpm ERR! path /app/package.json\nnpm ERR! errno -2\nnpm ERR! enoent ENOENT: no such file or directory, open '/app/package.json'\nnpm ERR! enoent This is related to npm not being able to find a file.\nnpm ERR! enoent \n\nnpm ERR! A complete log of this run can be found in: /root/x.log", "npm ERR! enoent ENOENT: no such file or directory, open '/app/package.json'" },
        { "npx", "npm error could not determine executable to run\nnpm error A complete log of this run can be found in: /root/x.log", "npm error could not determine executable to run" },
        { "bash", "bash: line 1: no-such-server: command not found", "bash: line 1: no-such-server: command not found" },
        { "sh", "sh: 1: no-such-server: not found", "sh: 1: no-such-server: not found" },
        { "docker", "docker: Error response from daemon: pull access denied for nope.\nSee 'docker run --help'.", "docker: Error response from daemon: pull access denied for nope." },
        { "docker, newer", "docker: Error response from daemon: No such image: nope\n\nRun 'docker run --help' for more information", "docker: Error response from daemon: No such image: nope" },
        { "a warning after the error", "Error: no licence\n(node:12) DeprecationWarning: invalid option\n(Use `node --trace-deprecation ...` to show where the warning was created)", "Error: no licence" },
        { "nothing that looks like an error", "starting\nno licence", "no licence" },
        { "one line", "no licence", "no licence" },
        { "only what never matters", "Node.js v20.20.2", "Node.js v20.20.2" },
        { "JSON logs", "{\"level\":\"info\",\"msg\":\"starting\"}\n{\"level\":\"error\",\"msg\":\"cannot reach db\"}\n{\"level\":\"info\",\"msg\":\"bye\"}", "{\"level\":\"error\",\"msg\":\"cannot reach db\"}" },
    };

    [Theory]
    [MemberData(nameof(Recorded))]
    public void Telling_WhatARuntimeWrites_IsTheReason(string runtime, string written, string reason)
    {
        var words = new LastWords();
        foreach (var line in written.Split('\n'))
        {
            if (line.Length > 0)
                words.Add(line);
        }

        Assert.True(words.Telling()?.StartsWith(reason, StringComparison.Ordinal), $"{runtime}: {words.Telling()}");
        var around = words.Around(5);
        Assert.InRange(around.Count, 1, 5);
        Assert.Contains(around, line => reason.StartsWith(line.Trim(' ', '|', '\t')[..Math.Min(10, line.Trim(' ', '|', '\t').Length)], StringComparison.Ordinal));
    }

    [Fact]
    public void Telling_Nothing_IsNull()
    {
        Assert.Null(new LastWords().Telling());
        Assert.Empty(new LastWords().Around(5));
    }

    [Fact]
    public void Telling_EndlessOutput_KeepsTheEnd()
    {
        var words = new LastWords();
        for (var i = 0; i < 10_000; i++)
            words.Add($"line {i}");

        Assert.Equal("line 9999", words.Telling());
    }

    /// <summary>The runtimes themselves.</summary>
    [Theory]
    [InlineData("Error: no licence here", "node", "-e", "throw new Error('no licence here')")]
    [InlineData("Cannot find module", "node", "/no/such/server.js")]
    [InlineData("Error: listen EACCES", "node", "-e", "require('http').createServer().listen('/no/such/dir/socket').on('x', () => {}); ")]
    [InlineData("command not found", "bash", "-c", "no-such-mcp-server --stdio")]
    [InlineData("ModuleNotFoundError: No module named 'no_such_module'", "python3", "-c", "import no_such_module")]
    [InlineData("ValueError: boom", "python3", "-c", "raise ValueError('boom')")]
    public async Task Probe_ProcessThatDies_ShowsTheLineThatMatters(string says, params string[] command)
    {
        var result = await new McpProber(new ProberOptions(), TimeProvider.System).ProbeAsync(
            new Endpoint { Id = "stdio", Command = command, Timeout = TimeSpan.FromSeconds(60) }, TestContext.Current.CancellationToken);

        Assert.Equal(FailureKind.ProcessExited, result.Failure?.Kind);
        Assert.Contains(says.Replace("EACCES", "", StringComparison.Ordinal), result.Failure!.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Node.js v", result.Failure.Message, StringComparison.Ordinal);
        // It was started twice, and said the same.
        Assert.InRange(result.Log.Count(line => line.StartsWith("stderr: ", StringComparison.Ordinal)), 1, 5);
    }
}
