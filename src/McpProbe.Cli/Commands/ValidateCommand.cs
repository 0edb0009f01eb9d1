using System.CommandLine;
using McpProbe.Alerts.Channels;
using McpProbe.Cli.Output;
using McpProbe.Configuration;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Cli.Commands;

/// <summary><c>mcpprobe validate</c>: every mistake in a probes file, each with its line and column.</summary>
internal sealed class ValidateCommand : Command
{
    private readonly Argument<string> _file = new("FILE") { Description = "The probes file, YAML or JSON" };

    private readonly Option<bool> _environment = new("--environment")
    {
        Description = "Look also for the secrets that it needs in this environment, as the head that runs it will",
    };

    public ValidateCommand()
        : base("validate", "Check a probes file: every mistake, with line and column")
    {
        Arguments.Add(_file);
        Options.Add(_environment);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var file = parsed.GetRequiredValue(_file);
        var (document, errors) = await ProbesFile.ReadAsync(file, cancellationToken);
        foreach (var error in errors)
            await Console.Error.WriteLineAsync(ForeignText.OneLine(error.ToString()));
        if (document is null || errors.Count > 0)
            return ExitCodes.Usage;

        if (parsed.GetValue(_environment) && MissingSecrets(document).ToList() is { Count: > 0 } missing)
        {
            foreach (var mistake in missing)
                await Console.Error.WriteLineAsync(ForeignText.OneLine($"{file}: {mistake}"));
            return ExitCodes.Usage;
        }

        await Console.Out.WriteLineAsync(
            $"{ForeignText.OneLine(file)} is fine: {Count.Of(document.Endpoints.Count, "endpoint")}, {Count.Of(document.Channels.Count, "channel")}.");
        return ExitCodes.Ok;
    }

    private static IEnumerable<string> MissingSecrets(ProbesDocument document) =>
        ChannelSecrets.Missing(document.Channels, SecretReference.FromEnvironment).Concat(
            from endpoint in document.Endpoints
            where !endpoint.Paused
            from secret in EndpointSecrets.Missing(endpoint, SecretReference.FromEnvironment)
            select $"endpoint '{endpoint.Id}' needs {secret}");
}
