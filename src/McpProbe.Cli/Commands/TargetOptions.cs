using System.Buffers;
using System.CommandLine;
using System.Text.Json;
using McpProbe.Configuration;
using McpProbe.Endpoints;

namespace McpProbe.Cli.Commands;

/// <summary>
/// The server to probe and how: the options that every probing command takes. They are the keys of an endpoint in other words,
/// so they are written as such a document and the engine's reader judges them: one set of rules for files, the API and this.
/// </summary>
internal sealed class TargetOptions
{
    // Stands in for a URL whose absence was said already, so that everything else is still judged.
    private const string PlaceholderUrl = "https://localhost/";

    private readonly Argument<string> _url = new("URL")
    {
        Description = "The server's MCP address, such as https://mcp.example.com/mcp",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string>? _target;
    private readonly ConnectionOptions _connection;
    private readonly CredentialOptions _credentials = new();
    private readonly ConditionOptions _conditions = new();
    private readonly SmokeOptions _smoke = new();

    /// <param name="target">An option that names the URL too; null for none.</param>
    /// <param name="timeout">Of a probe, when the command line names none.</param>
    public TargetOptions(Option<string>? target = null, TimeSpan? timeout = null)
    {
        _target = target;
        _connection = new ConnectionOptions(timeout ?? Endpoint.DefaultTimeout);
    }

    public IReadOnlyList<OptionGroup> Groups => [_connection, _credentials, _conditions, _smoke];

    public void AddTo(Command command)
    {
        command.Arguments.Add(_url);
        if (_target is not null)
            command.Options.Add(_target);
        foreach (var option in Groups.SelectMany(group => group.Options))
            command.Options.Add(option);
    }

    /// <summary>The target, or every mistake in its options. Safe to call when the parser has found mistakes of its own.</summary>
    public Binding Bind(ParseResult parsed)
    {
        var mistakes = new List<string>();
        var url = Url(parsed, mistakes);
        var headers = _credentials.HeadersOf(parsed, mistakes);
        RefuseUrlOptionsWithStdio(parsed, mistakes);

        var endpoint = EndpointJson.Read(Document(parsed, url, mistakes));
        mistakes.AddRange(endpoint.Errors.Select(error => error.Path.Length == 0 ? error.Message : $"{OptionOf(error.Path)}: {error.Message}"));
        return mistakes.Count > 0 || endpoint.Value is null
            ? new Binding(null, mistakes)
            : new Binding(new Target(endpoint.Value with { Headers = headers }, _connection.AddressesOf(parsed), _connection.IsDebug(parsed)), []);
    }

    private string? Url(ParseResult parsed, List<string> mistakes)
    {
        var given = parsed.GetResult(_url)?.Tokens.Select(token => token.Value) ?? [];
        List<string> words = [.. given, .. parsed.UnmatchedTokens];
        if (_target is not null && parsed.GetValue(_target) is { } named)
            words.Add(named);
        var unknown = words.Where(word => word.StartsWith('-')).ToList();
        mistakes.AddRange(unknown.Select(word => CommandLine.NoSuchOption(parsed.CommandResult.Command, word)));
        var urls = words.Except(unknown).ToList();
        var stdio = _connection.IsStdio(parsed);

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

    private void RefuseUrlOptionsWithStdio(ParseResult parsed, List<string> mistakes)
    {
        if (!_connection.IsStdio(parsed))
            return;
        mistakes.AddRange(_connection.ForUrls.Concat(_credentials.Options)
            .Where(option => parsed.GetResult(option) is { Implicit: false })
            .Select(option => $"{option.Name}: a --stdio server has no use for it; leave it out."));
    }

    /// <summary>The options as an endpoint of a probes file.</summary>
    private ReadOnlyMemory<byte> Document(ParseResult parsed, string? url, List<string> mistakes)
    {
        var document = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(document);
        json.WriteStartObject();
        json.WriteString("id", "target");
        json.WriteString("interval", "24h"); // Bounds the time-out; a one-shot probe has no interval of its own.
        _connection.Write(json, parsed, mistakes);
        if (!_connection.IsStdio(parsed))
        {
            json.WriteString("url", url ?? PlaceholderUrl);
            _credentials.Write(json, parsed, mistakes);
        }

        _conditions.Write(json, parsed, mistakes);
        _smoke.Write(json, parsed, mistakes);
        json.WriteEndObject();
        json.Flush();
        return document.WrittenMemory;
    }

    private string OptionOf(string path) =>
        path == "url" ? _url.Name : Groups.Select(group => group.NameOf(path)).FirstOrDefault(name => name is not null) ?? path;
}
