using System.CommandLine;
using McpProbe.Alerts.Channels;
using McpProbe.Cli.Output;
using McpProbe.Configuration;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Cli.Commands;

/// <summary><c>mcpprobe validate</c>: every mistake in probes files, each with its line and column.</summary>
internal sealed class ValidateCommand : Command
{
    private const string StandardInput = "-";

    private readonly Argument<string[]> _files = new("FILE")
    {
        Description = "The probes files, YAML or JSON; - for standard input",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<bool> _azure = new("--azure") { Description = "Check it for the Azure head, which allows less: time-outs of 210s at most" };

    private readonly Option<bool> _environment = new("--environment")
    {
        Description = "Look also for the secrets that it needs in this environment, as the head that runs it will",
    };

    public ValidateCommand()
        : base("validate", "Check probes files: every mistake, with line and column")
    {
        Arguments.Add(_files);
        Options.Add(_environment);
        Options.Add(_azure);
        Validators.Add(result =>
        {
            foreach (var token in result.GetResult(_files)?.Tokens.Where(token => token.Value.StartsWith('-') && token.Value != StandardInput) ?? [])
                result.AddError(CommandLine.NoSuchOption(this, token.Value));
            if (result.GetResult(_files)?.Tokens.Count(token => token.Value == StandardInput) > 1)
                result.AddError("FILE: - is there twice; standard input can be read once.");
        });
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var exitCode = ExitCodes.Ok;
        foreach (var file in parsed.GetRequiredValue(_files))
        {
            if (!await CheckAsync(file, parsed, cancellationToken))
                exitCode = ExitCodes.Usage;
        }

        return exitCode;
    }

    private async Task<bool> CheckAsync(string file, ParseResult parsed, CancellationToken cancellationToken)
    {
        TimeSpan? longest = parsed.GetValue(_azure) ? AzureLimits.Timeout : null;
        var name = file == StandardInput ? "<stdin>" : file;
        var (document, errors) = file == StandardInput
            ? await ProbesFile.ReadAsync(name, Console.OpenStandardInput(), cancellationToken, longest)
            : await ProbesFile.ReadAsync(file, cancellationToken, longest);
        foreach (var error in errors)
            await Console.Error.WriteLineAsync(ForeignText.OneLine(error.ToString()));
        if (document is null || errors.Count > 0)
            return false;

        if (parsed.GetValue(_environment) && !await CheckEnvironmentAsync(document, name))
            return false;

        await Console.Out.WriteLineAsync(
            $"{ForeignText.OneLine(name)} is fine: {Count.Of(document.Endpoints.Count, "endpoint")}, {Count.Of(document.Channels.Count, "channel")}.");
        return true;
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
