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

    private readonly Option<bool> _azure = new("--azure") { Description = "Check it for the Azure head, which allows less: time-outs of 210s at most" };

    private readonly Option<bool> _environment = new("--environment")
    {
        Description = "Look also for the secrets that it needs in this environment, as the head that runs it will",
    };

    public ValidateCommand()
        : base("validate", "Check a probes file: every mistake, with line and column")
    {
        Arguments.Add(_file);
        Options.Add(_environment);
        Options.Add(_azure);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var file = parsed.GetRequiredValue(_file);
        var (document, errors) = await ProbesFile.ReadAsync(file, cancellationToken, parsed.GetValue(_azure) ? AzureLimits.Timeout : null);
        foreach (var error in errors)
            await Console.Error.WriteLineAsync(ForeignText.OneLine(error.ToString()));
        if (document is null || errors.Count > 0)
            return ExitCodes.Usage;

        if (parsed.GetValue(_environment) && !await CheckEnvironmentAsync(document, file))
            return ExitCodes.Usage;

        await Console.Out.WriteLineAsync(
            $"{ForeignText.OneLine(file)} is fine: {Count.Of(document.Endpoints.Count, "endpoint")}, {Count.Of(document.Channels.Count, "channel")}.");
        return ExitCodes.Ok;
    }

    /// <returns>Whether all is there that something uses.</returns>
    private static async Task<bool> CheckEnvironmentAsync(ProbesDocument document, string file)
    {
        var used = ChannelSecrets.UsedBy(document.Endpoints, document.Channels).ToList();
        List<string> mistakes =
        [
            .. ChannelSecrets.Missing(used, SecretReference.FromEnvironment),
            .. from endpoint in document.Endpoints
               where !endpoint.Paused
               from secret in EndpointSecrets.Missing(endpoint, SecretReference.FromEnvironment)
               select $"endpoint '{endpoint.Id}' needs {secret}",
        ];
        foreach (var mistake in mistakes)
            await Console.Error.WriteLineAsync(ForeignText.OneLine($"{file}: {mistake}"));
        foreach (var warning in ChannelSecrets.Missing(document.Channels.Except(used), SecretReference.FromEnvironment))
            await Console.Error.WriteLineAsync(ForeignText.OneLine($"{file}: warning: {warning}. No endpoint uses it yet."));
        return mistakes.Count == 0;
    }
}
