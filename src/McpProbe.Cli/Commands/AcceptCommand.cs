using System.CommandLine;
using System.CommandLine.Parsing;
using McpProbe.Cli.Monitor;
using McpProbe.Configuration.Reading;
using McpProbe.Text;

namespace McpProbe.Cli.Commands;

/// <summary><c>mcpprobe accept</c>: the catalogue that a watched endpoint has now becomes its baseline, through McpProbe's API.</summary>
internal sealed class AcceptCommand : Command
{
    private readonly Argument<string> _endpoint = new("ENDPOINT") { Description = "The id of the watched endpoint" };

    private readonly Option<string> _server = new("--server")
    {
        Description = "Where McpProbe itself runs, such as http://127.0.0.1:8080",
        HelpName = "URL",
        Required = true,
    };

    private readonly Option<string> _by = new("--by") { Description = "Who has reviewed the catalogue", HelpName = "NAME", Required = true };

    private readonly Option<string> _hash = new("--hash")
    {
        Description = "What was reviewed: when the catalogue is another one by now, nothing is accepted",
        HelpName = "HASH",
    };

    private readonly Option<string> _key = new("--api-key-env")
    {
        Description = "The environment variable with McpProbe's API key, such as MCPPROBE_API_KEY; without it no key is sent",
        HelpName = "VAR",
    };

    public AcceptCommand()
        : base("accept", "Accept a watched endpoint's catalogue as its baseline")
    {
        Arguments.Add(_endpoint);
        foreach (var option in new[] { _server, _by, _hash, _key })
            Options.Add(option);
        Validators.Add(Judge);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (id, by) = (parsed.GetRequiredValue(_endpoint), parsed.GetRequiredValue(_by));
        using var monitor = new MonitorClient(
            ServerUrl(parsed.GetRequiredValue(_server))!, parsed.GetValue(_key) is { } variable ? KeyFrom(variable) : null);
        var answer = await monitor.AcceptAsync(id, by, parsed.GetValue(_hash), cancellationToken);

        if (answer.Accepted is { } baseline)
        {
            await Console.Out.WriteLineAsync(
                $"{ForeignText.Brief(baseline.Hash)} is the baseline of {id} now, accepted by {ForeignText.Brief(baseline.AcceptedBy ?? by)} at {UtcInstant.Format(baseline.At)}.");
        }

        foreach (var fault in answer.Faults)
            await Console.Error.WriteLineAsync($"mcpprobe accept: {ForeignText.OneLine(fault)}");
        return answer.ExitCode;
    }

    private void Judge(CommandResult result)
    {
        // It becomes a segment of a path, where '..' would be another one's.
        if (Word(result.GetResult(_endpoint)) is { } id && !IdRules.IsId(id))
            result.AddError($"ENDPOINT: '{ForeignText.Brief(id)}' is not {IdRules.Description}.");
        if (Word(result.GetResult(_server)) is { } server && ServerUrl(server) is null)
            result.AddError("--server: it is not an absolute http or https URL without user, query and fragment; write one such as http://127.0.0.1:8080.");
        if (Word(result.GetResult(_by)) is { } by && string.IsNullOrWhiteSpace(by))
            result.AddError("--by: it is blank; say who has reviewed the catalogue.");
        if (Word(result.GetResult(_hash)) is { } hash && string.IsNullOrWhiteSpace(hash))
            result.AddError("--hash: it is blank; write the hash that was reviewed, or leave it out to accept whatever the catalogue is now.");
        if (Word(result.GetResult(_key)) is not { } variable)
            return;
        if (KeyFrom(variable) is not { } key)
            result.AddError($"--api-key-env: the environment variable {ForeignText.Brief(variable)} is not set; set it to McpProbe's API key.");
        else if (key.Any(c => c is < '!' or > '~'))
            result.AddError($"--api-key-env: the value of {ForeignText.Brief(variable)} holds white space or other characters that no HTTP header can carry; set it to McpProbe's API key.");

        static string? Word(SymbolResult? found) => found is { Tokens: [var token] } ? token.Value : null;
    }

    // Not SecretReference: it hides McpProbe's own variables, and this server is McpProbe.
    private static string? KeyFrom(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } key ? key : null;

    private static Uri? ServerUrl(string text) =>
        Uri.TryCreate(text.TrimEnd('/') + '/', UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
        && url.UserInfo.Length == 0 && text.IndexOfAny(['?', '#']) < 0
            ? url
            : null;
}
