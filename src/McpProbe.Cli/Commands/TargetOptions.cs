using System.Buffers;
using System.CommandLine;
using System.Text.Json;
using McpProbe.Endpoints;
using McpProbe.Probing;

namespace McpProbe.Cli.Commands;

/// <summary>
/// The server to probe and how: the options that every probing command takes. They are the keys of an endpoint in other words,
/// so they are written as such a document and the engine's reader judges them: one set of rules for files, the API and this.
/// </summary>
internal sealed class TargetOptions
{
    // Stands in for a URL whose absence was said already, so that everything else is still judged.
    private const string PlaceholderUrl = "http://localhost/";

    private readonly Argument<string> _url = new("URL")
    {
        Description = "The server's MCP address, such as https://mcp.example.com/mcp",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string> _stdio = Text("--stdio", "CMD ARGS", "Start this command and probe it over stdio, instead of a URL");
    private readonly Option<string> _transport = Text("--transport", "auto|http|sse", "Speak only Streamable HTTP or only HTTP+SSE [default: auto]");
    private readonly Option<string> _protocol = Text("--protocol", "VERSION", "Offer exactly this protocol version, such as 2025-11-25");
    private readonly Option<string> _timeout = Text("--timeout", "TIME", "Deadline for a whole probe, such as 500ms or 1m [default: 10s]");
    private readonly Option<string> _connectTo = Text("--connect-to", "HOST:PORT", "Connect there instead; TLS name and Host stay those of the URL");
    private readonly Option<string[]> _headers = new("--header")
    {
        Description = "Send this header; the value may hold ${env:VAR}; repeatable",
        HelpName = "NAME=VALUE",
    };

    private readonly Option<string> _bearer = Text("--bearer-env", "VAR", "Send the bearer token that this environment variable holds");
    private readonly Option<bool> _insecure = Flag("--insecure", "Accept any TLS certificate");
    private readonly Option<bool> _publicOnly = Flag("--public-only", "Refuse to connect to loopback and private addresses");
    private readonly Option<string> _expectProtocol = Text("--expect-protocol", "VERSION", "Fail unless this protocol version is negotiated");
    private readonly Option<string[]> _requireTools = new("--require-tool")
    {
        Description = "Fail unless the catalogue has this tool; repeatable",
        HelpName = "NAME",
    };

    private readonly Option<bool> _allowEmpty = Flag("--allow-empty", "Accept a catalogue without tools");
    private readonly Option<bool> _debug = Flag("--debug", "Print the probe's own log to standard error");

    public void AddTo(Command command)
    {
        command.Arguments.Add(_url);
        foreach (Option option in new Option[]
        {
            _stdio, _transport, _protocol, _timeout, _connectTo, _headers, _bearer, _insecure, _publicOnly,
            _expectProtocol, _requireTools, _allowEmpty, _debug,
        })
            command.Options.Add(option);
    }

    /// <summary>The target, or every mistake in its options. Safe to call when the parser has found mistakes of its own.</summary>
    public Binding Bind(ParseResult parsed)
    {
        var mistakes = new List<string>();
        var url = Url(parsed, mistakes);
        var headers = Headers(parsed, mistakes);
        RefuseHttpOptionsWithStdio(parsed, mistakes);
        RefuseUnsetBearer(parsed, mistakes);

        var endpoint = EndpointJson.Read(Document(parsed, url, headers.Keys));
        mistakes.AddRange(endpoint.Errors.Select(error => error.Path.Length == 0 ? error.Message : $"{OptionOf(error.Path)}: {error.Message}"));
        return mistakes.Count > 0 || endpoint.Value is null
            ? new Binding(null, mistakes)
            : new Binding(new Target(endpoint.Value with { Headers = headers }, AddressesOf(parsed), IsSet(parsed, _debug)), []);
    }

    private string? Url(ParseResult parsed, List<string> mistakes)
    {
        List<string> words = [.. Values(parsed, _url), .. parsed.UnmatchedTokens];
        var unknown = words.Where(word => word.StartsWith('-')).ToList();
        mistakes.AddRange(unknown.Select(word => $"{word}: there is no such option."));
        var urls = words.Except(unknown).ToList();
        var stdio = IsSet(parsed, _stdio);

        // What follows an unknown option may be its value: nothing can be said of the rest then.
        if (unknown.Count > 0)
            return null;
        if (urls.Count > 1)
            mistakes.Add($"URL: there are {urls.Count} of them ({string.Join(", ", urls)}); give one.");
        if (urls.Count > 0 && stdio)
            mistakes.Add("URL: there is --stdio too; give one of them.");
        if (urls.Count == 0 && !stdio)
            mistakes.Add("URL: there is none; give the server's address, or its command with --stdio \"CMD ARGS\".");
        return urls is [var one] && !stdio ? one : null;
    }

    private Dictionary<string, string> Headers(ParseResult parsed, List<string> mistakes)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var header in Values(parsed, _headers))
        {
            // Only the name is repeated: the value may be a secret.
            var equals = header.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
                mistakes.Add("--header: there is no name and '='; write NAME=VALUE, such as X-Team=search.");
            else if (!headers.TryAdd(header[..equals], header[(equals + 1)..]))
                mistakes.Add($"--header: {header[..equals]} is there twice; give it once.");
        }

        return headers;
    }

    private void RefuseHttpOptionsWithStdio(ParseResult parsed, List<string> mistakes)
    {
        if (!IsSet(parsed, _stdio))
            return;
        Option[] http = [_transport, _connectTo, _headers, _bearer, _insecure, _publicOnly];
        mistakes.AddRange(http.Where(option => IsSet(parsed, option)).Select(option => $"{option.Name}: a --stdio server has no use for it; leave it out."));
    }

    private void RefuseUnsetBearer(ParseResult parsed, List<string> mistakes)
    {
        if (Values(parsed, _bearer) is [var variable] && string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable)))
            mistakes.Add($"--bearer-env: the environment variable {variable} is not set; put the token there.");
    }

    /// <summary>The options as an endpoint of a probes file. Header values stay out: here, unlike there, they may be literal secrets.</summary>
    private ReadOnlyMemory<byte> Document(ParseResult parsed, string? url, IEnumerable<string> headers)
    {
        var document = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(document);
        json.WriteStartObject();
        json.WriteString("id", "target");
        json.WriteString("interval", "24h"); // Bounds the time-out; a one-shot probe has no interval of its own.
        if (IsSet(parsed, _stdio))
            WriteText("command", _stdio);
        else
            WriteHttp();
        WriteText("protocol", _protocol);
        WriteText("timeout", _timeout);
        json.WriteStartObject("conditions");
        json.WriteBoolean("allowEmpty", IsSet(parsed, _allowEmpty));
        WriteText("expectProtocol", _expectProtocol);
        json.WriteStartArray("requireTools");
        foreach (var tool in Values(parsed, _requireTools))
            json.WriteStringValue(tool);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return document.WrittenMemory;

        void WriteHttp()
        {
            json.WriteString("url", url ?? PlaceholderUrl);
            WriteText("transport", _transport);
            WriteText("connectTo", _connectTo);
            if (Values(parsed, _bearer) is [var variable])
                json.WriteString("bearer", $"${{env:{variable}}}");
            json.WriteStartObject("headers");
            foreach (var name in headers)
                json.WriteString(name, "${env:VALUE}");
            json.WriteEndObject();
            json.WriteBoolean("insecure", IsSet(parsed, _insecure));
        }

        void WriteText(string key, Option<string> option)
        {
            if (Values(parsed, option) is [var value])
                json.WriteString(key, value);
        }
    }

    /// <summary>The option that a place in <see cref="Document"/> came from.</summary>
    private string OptionOf(string path) => path.Split('.', '[') switch
    {
        ["url", ..] => _url.Name,
        ["command", ..] => _stdio.Name,
        ["transport", ..] => _transport.Name,
        ["protocol", ..] => _protocol.Name,
        ["timeout", ..] => _timeout.Name,
        ["connectTo", ..] => _connectTo.Name,
        ["headers", ..] => _headers.Name,
        ["bearer", ..] => _bearer.Name,
        ["conditions", "expectProtocol", ..] => _expectProtocol.Name,
        ["conditions", "requireTools", ..] => _requireTools.Name,
        _ => path,
    };

    private AddressRule AddressesOf(ParseResult parsed) =>
        IsSet(parsed, _publicOnly) ? AddressRule.PublicOnly : AddressRule.AllowPrivate;

    // The words as typed: unlike GetValue this works on a command line that has other mistakes.
    private static List<string> Values(ParseResult parsed, Argument argument) =>
        parsed.GetResult(argument)?.Tokens.Select(token => token.Value).ToList() ?? [];

    private static List<string> Values(ParseResult parsed, Option option) =>
        parsed.GetResult(option)?.Tokens.Select(token => token.Value).ToList() ?? [];

    private static bool IsSet(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    private static Option<string> Text(string name, string helpName, string description) =>
        new(name) { Description = description, HelpName = helpName };

    private static Option<bool> Flag(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.Zero };
}
