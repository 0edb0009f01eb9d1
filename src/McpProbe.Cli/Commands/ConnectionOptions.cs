using System.CommandLine;
using System.Text.Json;
using McpProbe.Probing.Run;
using McpProbe.Text;

namespace McpProbe.Cli.Commands;

/// <summary>How the server is reached.</summary>
internal sealed class ConnectionOptions : OptionGroup
{
    private readonly Option<string[]> _environment;
    private readonly Option<string> _transport;
    private readonly Option<string> _protocol;
    private readonly Option<string> _timeout;
    private readonly Option<string> _connectTo;
    private readonly Option<bool> _publicOnly;
    private readonly Option<bool> _debug;

    private readonly TimeSpan _defaultTimeout;

    /// <param name="defaultTimeout">Of a probe, when the command line names none.</param>
    public ConnectionOptions(TimeSpan defaultTimeout)
        : base("Reaching the server")
    {
        _defaultTimeout = defaultTimeout;
        Stdio = Text("--stdio", "command", "CMD ARGS", "Start this command and probe it over stdio, instead of a URL");
        _environment = Many("--env", "environment", "NAME[=VALUE]", "Give the command this variable, or the one of that name here; repeatable");
        _transport = Text("--transport", "transport", "auto|http|sse", "Speak only Streamable HTTP or only HTTP+SSE [default: auto]");
        _protocol = Text("--protocol", "protocol", "VERSION", "Offer exactly this protocol version, such as 2025-11-25");
        _timeout = Text("--timeout", "timeout", "TIME", $"Deadline for a whole probe, such as 500ms or 1m [default: {Durations.Format(defaultTimeout)}]");
        _connectTo = Text("--connect-to", "connectTo", "HOST:PORT", "Connect there instead; TLS name and Host stay those of the URL");
        _publicOnly = Flag("--public-only", null, "Refuse to connect to loopback and private addresses");
        _debug = Flag("--debug", null, "Print the probe's own log to standard error");
    }

    public Option<string> Stdio { get; }

    /// <summary>Those that say nothing of a stdio server.</summary>
    public IReadOnlyList<Option> ForUrls => [_transport, _connectTo, _publicOnly];

    public bool IsStdio(ParseResult parsed) => IsSet(parsed, Stdio);

    public bool IsDebug(ParseResult parsed) => IsSet(parsed, _debug);

    public AddressRule AddressesOf(ParseResult parsed) =>
        IsSet(parsed, _publicOnly) ? AddressRule.PublicOnly : AddressRule.AllowPrivate;

    public override void Write(Utf8JsonWriter json, ParseResult parsed, List<string> mistakes)
    {
        WriteText(json, parsed, "command", Stdio);
        WriteText(json, parsed, "protocol", _protocol);
        if (IsSet(parsed, _timeout))
            WriteText(json, parsed, "timeout", _timeout);
        else
            json.WriteString("timeout", Durations.Format(_defaultTimeout));
        if (IsSet(parsed, _environment))
            WriteEnvironment(json, parsed, mistakes);
        if (IsStdio(parsed))
            return;
        WriteText(json, parsed, "transport", _transport);
        WriteText(json, parsed, "connectTo", _connectTo);
    }

    // A mistake repeats the name only: the value may be a secret.
    private void WriteEnvironment(Utf8JsonWriter json, ParseResult parsed, List<string> mistakes)
    {
        if (!IsStdio(parsed))
        {
            mistakes.Add($"{_environment.Name}: it is for a --stdio command; leave it out.");
            return;
        }

        json.WriteStartObject("environment");
        foreach (var word in Values(parsed, _environment))
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
                json.WriteString(word, $"${{env:{word}}}");
            else
                json.WriteString(word[..equals], word[(equals + 1)..]);
        }

        json.WriteEndObject();
    }
}
