using System.Globalization;
using System.Text;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Net;
using McpProbe.Probing.Protocol;
using McpProbe.Text;

namespace McpProbe.Gate;

/// <summary>The requests of a probe as commands for a shell. A secret is never part of one: a variable stands in its place.</summary>
internal sealed class HandCommands
{
    private readonly Endpoint _endpoint;
    private readonly SortedSet<string> _variables = new(StringComparer.Ordinal);
    private readonly List<ExplainedCommand> _commands = [];

    private HandCommands(Endpoint endpoint) => _endpoint = endpoint;

    /// <param name="failedAt">The layer at which it ended: what comes after it shows nothing more. Null when all is well.</param>
    public static (IReadOnlyList<ExplainedCommand> Commands, IReadOnlyList<string> Variables) Of(Endpoint endpoint, ProbeResult result, string? failedAt)
    {
        var commands = new HandCommands(endpoint);
        if (endpoint.Url is { IsAbsoluteUri: true } url)
            commands.ForUrl(url, result, failedAt);
        else if (endpoint.Command is { Count: > 0 } command)
            commands.ForProcess(command, result);
        return (commands._commands, [.. commands._variables]);
    }

    private void ForUrl(Uri url, ProbeResult result, string? failedAt)
    {
        if (url.HostNameType is UriHostNameType.Dns && _endpoint.ConnectTo is null)
            _commands.Add(new("The host name's addresses", $"getent ahosts {Quoted(url.IdnHost)}"));
        if (failedAt is "dns")
            return;
        if (failedAt is "connect")
        {
            _commands.Add(new("Is there a connection at all?", $"curl -v --max-time 10 -o /dev/null{Common()} {UrlOf(url)}"));
            return;
        }

        if (url.Scheme == Uri.UriSchemeHttps)
            _commands.Add(new("The certificate chain that the server shows",
                $"openssl s_client -connect {Quoted($"{ConnectTarget.Parse(_endpoint.ConnectTo ?? url.IdnHost, url.Port)}")} -servername {Quoted(url.IdnHost)} -showcerts </dev/null"));
        if (failedAt is "tls")
            return;
        if (result.Transport is TransportKind.HttpSse || _endpoint.Transport is TransportChoice.Sse)
        {
            _commands.Add(new("The event stream of HTTP+SSE; its first event names the address to POST to", $"curl -sSN --max-time 10{Common()} -H 'Accept: text/event-stream' {UrlOf(url)}"));
            return;
        }

        if (_endpoint.Protocol is not { } pinned || ProtocolVersions.EraOf(pinned) is Era.Stateless)
            _commands.Add(new("The stateless era: does it answer server/discover?", Post(url, McpRequest.Discover(McpRequest.DiscoverId, _endpoint.Protocol ?? ProtocolVersions.NewestStateless))));
        if (result.Era is not Era.Stateless)
        {
            var version = result.ProtocolVersion ?? (_endpoint.Protocol is { } one && ProtocolVersions.IsKnown(one) ? one : ProtocolVersions.NewestHandshake);
            if (failedAt is "authorization" or "handshake" && result.ProtocolVersion is null)
            {
                _commands.Add(new("The handshake era: does it answer initialize?", Post(url, McpRequest.Initialize(version))));
                return;
            }

            _commands.Add(new("The handshake era: does it answer initialize? Its Mcp-Session-Id, if it gives one, goes into SESSION (export SESSION=…)",
                Post(url, McpRequest.Initialize(version))));
            _commands.Add(new("The handshake's end", Post(url, McpRequest.Initialized(version), session: true)));
            _commands.Add(new("The first page of the tools", Post(url, McpRequest.ListTools(McpRequest.FirstListId, version, null), session: true)));
            Smoke(url, version, session: true);
            return;
        }

        _commands.Add(new("The first page of the tools", Post(url, McpRequest.ListTools(McpRequest.FirstListId, result.ProtocolVersion!, null))));
        Smoke(url, result.ProtocolVersion!, session: false);
    }

    private void Smoke(Uri url, string version, bool session)
    {
        if (_endpoint.Smoke is not { Tool: { } tool } smoke)
            return;
        var name = Encoding.UTF8.GetBytes(System.Text.Json.JsonEncodedText.Encode(tool).ToString());
        var call = McpRequest.CallTool(version, [(byte)'"', .. name, (byte)'"'], Encoding.UTF8.GetBytes(smoke.Arguments));
        if (ProtocolVersions.EraOf(version) is Era.Stateless)
            call = call with { Headers = [new("Mcp-Name", ParameterHeaders.Encode(tool))] };
        _commands.Add(new("The smoke call", Post(url, call, session)));
    }

    private void ForProcess(IReadOnlyList<string> command, ProbeResult result)
    {
        var isStateless = result.Era is Era.Stateless;
        var version = result.ProtocolVersion ?? (isStateless ? ProtocolVersions.NewestStateless : ProtocolVersions.NewestHandshake);
        McpRequest[] messages = isStateless
            ? [McpRequest.Discover(McpRequest.DiscoverId, version), McpRequest.ListTools(McpRequest.FirstListId, version, null)]
            : [McpRequest.Initialize(version), McpRequest.Initialized(version), McpRequest.ListTools(McpRequest.FirstListId, version, null)];
        var environment = string.Concat(_endpoint.Environment.Select(pair => $"{pair.Key}=\"{(SecretReference.IsIn(pair.Value) ? Inner(pair.Value) : Variable(pair.Key))}\" "));
        var lines = string.Join(" ", messages.Select(message => Quoted(Encoding.UTF8.GetString(message.ToJson()))));
        _commands.Add(new("The same messages to the command: an answer is a line of JSON", $"(printf '%s\\n' {lines}; sleep 5) | {environment}{string.Join(' ', command.Select(Quoted))}"));
    }

    private string Post(Uri url, McpRequest message, bool session = false)
    {
        var text = new StringBuilder($"curl -sS -i --max-time 30{Common()} -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream'");
        if (message.ProtocolVersion is { } version && ProtocolVersions.HasHeader(version))
            text.Append(CultureInfo.InvariantCulture, $" -H 'MCP-Protocol-Version: {version}'");
        if (message.ProtocolVersion is { } stateless && ProtocolVersions.EraOf(stateless) is Era.Stateless)
            text.Append(CultureInfo.InvariantCulture, $" -H 'Mcp-Method: {message.Method}'");
        foreach (var (name, value) in message.Headers)
            text.Append(' ').Append("-H ").Append(Quoted($"{name}: {value}"));
        if (session)
            // Without a session there is no header: curl leaves one out that has no value.
            text.Append(" -H \"Mcp-Session-Id: ${SESSION}\"");
        return text.Append(" --data-raw ").Append(Quoted(Encoding.UTF8.GetString(message.ToJson()))).Append(' ').Append(UrlOf(url)).ToString();
    }

    /// <summary>How the server is reached, and who asks; each with a space before it.</summary>
    private string Common()
    {
        var options = new List<string>();
        if (_endpoint.Insecure)
            options.Add("-k");
        if (_endpoint is { ConnectTo: { } connectTo, Url: { } url })
            options.Add($"--connect-to {Quoted($"{url.IdnHost}:{url.Port}:{ConnectTarget.Parse(connectTo, url.Port)}")}");
        foreach (var (key, option) in new[] { ("ca", "--cacert"), ("certificate", "--cert"), ("key", "--key") })
        {
            if (_endpoint.Tls.Named().Any(each => each.Key == key))
                options.Add($"{option} \"{Variable($"TLS_{key.ToUpperInvariant()}_FILE")}\"");
        }

        foreach (var (name, value) in _endpoint.Headers)
        {
            var isSecret = CredentialHeaders.Contains(name) && !SecretReference.IsIn(value);
            options.Add($"-H {(isSecret ? $"\"{Escaped(name)}: {Variable(NameOf(name))}\"" : Value($"{name}: {value}"))}");
        }

        if (_endpoint.Bearer is { } bearer)
            options.Add($"-H \"Authorization: Bearer {(SecretReference.IsIn(bearer) ? Inner(bearer) : Variable("BEARER_TOKEN"))}\"");
        else if (_endpoint.OAuth is not null)
            options.Add($"-H \"Authorization: Bearer {Variable("ACCESS_TOKEN")}\"");
        return string.Concat(options.Select(option => " " + option));
    }

    /// <summary>References stay variables, and so does each value of a query, which many servers use for a key.</summary>
    private string UrlOf(Uri url)
    {
        var text = url.OriginalString;
        var at = text.IndexOf('?', StringComparison.Ordinal);
        if (at < 0)
            return Value(text);
        var pairs = text[(at + 1)..].Split('&').Select(pair =>
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            return equals < 0 ? Variable(NameOf("query"))
                : SecretReference.IsIn(pair) ? Inner(pair) : $"{Escaped(pair[..equals])}={Variable(NameOf(pair[..equals]))}";
        });
        return $"\"{Inner(text[..at])}?{string.Join('&', pairs)}\"";
    }

    /// <summary>A text in quotation marks, its references variables of the shell.</summary>
    private string Value(string text) => SecretReference.IsIn(text) ? $"\"{Inner(text)}\"" : Quoted(text);

    private string Inner(string text)
    {
        foreach (var name in SecretReference.NamesIn(text))
            _variables.Add(name);
        var parts = new StringBuilder();
        var rest = text;
        foreach (var name in SecretReference.NamesIn(text))
        {
            var reference = $"${{env:{name}}}";
            var at = rest.IndexOf(reference, StringComparison.Ordinal);
            if (at < 0)
                continue;
            parts.Append(Escaped(rest[..at])).Append("${").Append(name).Append('}');
            rest = rest[(at + reference.Length)..];
        }

        return parts.Append(Escaped(rest)).ToString();
    }

    private string Variable(string name)
    {
        _variables.Add(name);
        return $"${{{name}}}";
    }

    private static string NameOf(string word)
    {
        var name = string.Concat(word.Select(character => char.IsAsciiLetterOrDigit(character) ? char.ToUpperInvariant(character) : '_')).Trim('_');
        return name.Length == 0 ? "VALUE" : char.IsAsciiDigit(name[0]) ? "V" + name : name;
    }

    /// <summary>Within double quotes of a POSIX shell (2.2.3). What a terminal would obey is left out.</summary>
    private static string Escaped(string text)
    {
        var escaped = new StringBuilder();
        foreach (var character in text)
        {
            if (character is '"' or '\\' or '$' or '`')
                escaped.Append('\\');
            if (!char.IsControl(character))
                escaped.Append(character);
        }

        return escaped.ToString();
    }

    /// <summary>In single quotes, in which a shell reads nothing (2.2.2).</summary>
    private static string Quoted(string text) => $"'{string.Concat(text.Where(character => !char.IsControl(character))).Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
