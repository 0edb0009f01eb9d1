using System.CommandLine;
using System.CommandLine.Parsing;
using McpProbe.Text;

namespace McpProbe.Cli.Commands;

/// <summary>Where McpProbe itself runs, and the key for it: of every command that speaks to its API.</summary>
internal sealed class MonitorOptions
{
    private readonly Option<string> _server = new("--server")
    {
        Description = "Where McpProbe itself runs, such as http://127.0.0.1:8080",
        HelpName = "URL",
        Required = true,
    };

    private readonly Option<string> _key = new("--api-key-env")
    {
        Description = "The environment variable with McpProbe's API key, such as MCPPROBE_API_KEY; without it no key is sent",
        HelpName = "VAR",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_server);
        command.Options.Add(_key);
        command.Validators.Add(Judge);
    }

    public (Uri Server, string? Key) Read(ParseResult parsed) =>
        (ServerUrl(parsed.GetRequiredValue(_server))!, parsed.GetValue(_key) is { } variable ? KeyFrom(variable) : null);

    private void Judge(CommandResult result)
    {
        if (Word(result.GetResult(_server)) is { } server && ServerUrl(server) is null)
            result.AddError("--server: it is not an absolute http or https URL without user, query and fragment; write one such as http://127.0.0.1:8080.");
        if (Word(result.GetResult(_key)) is not { } variable)
            return;
        if (KeyFrom(variable) is not { } key)
            result.AddError($"--api-key-env: the environment variable {ForeignText.Brief(variable)} is not set; set it to McpProbe's API key.");
        else if (key.Any(c => c is < '!' or > '~'))
            result.AddError($"--api-key-env: the value of {ForeignText.Brief(variable)} holds white space or other characters that no HTTP header can carry; set it to McpProbe's API key.");
    }

    /// <summary>The one word of an option or argument; null where there is none, or more.</summary>
    internal static string? Word(SymbolResult? found) => found is { Tokens: [var token] } ? token.Value : null;

    // Not SecretReference: it hides McpProbe's own variables, and this server is McpProbe.
    private static string? KeyFrom(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } key ? key : null;

    private static Uri? ServerUrl(string text) =>
        Uri.TryCreate(text.TrimEnd('/') + '/', UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
        && url.UserInfo.Length == 0 && text.IndexOfAny(['?', '#']) < 0
            ? url
            : null;
}
