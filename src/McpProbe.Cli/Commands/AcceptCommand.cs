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

    private readonly Option<string> _by = new("--by") { Description = "Who has reviewed the catalogue", HelpName = "NAME", Required = true };

    private readonly Option<string> _hash = new("--hash")
    {
        Description = "What was reviewed: when the catalogue is another one by now, nothing is accepted",
        HelpName = "HASH",
    };

    private readonly MonitorOptions _monitor = new();

    public AcceptCommand()
        : base("accept", "Accept a watched endpoint's catalogue as its baseline")
    {
        Arguments.Add(_endpoint);
        Options.Add(_by);
        Options.Add(_hash);
        _monitor.AddTo(this);
        Validators.Add(Judge);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (id, by) = (parsed.GetRequiredValue(_endpoint), parsed.GetRequiredValue(_by));
        var (server, key) = _monitor.Read(parsed);
        using var monitor = new MonitorClient(server, key);
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
        if (MonitorOptions.Word(result.GetResult(_endpoint)) is { } id && !IdRules.IsId(id))
            result.AddError($"ENDPOINT: '{ForeignText.Brief(id)}' is not {IdRules.Description}.");
        if (MonitorOptions.Word(result.GetResult(_by)) is { } by && string.IsNullOrWhiteSpace(by))
            result.AddError("--by: it is blank; say who has reviewed the catalogue.");
        if (MonitorOptions.Word(result.GetResult(_hash)) is { } hash && string.IsNullOrWhiteSpace(hash))
            result.AddError("--hash: it is blank; write the hash that was reviewed, or leave it out to accept whatever the catalogue is now.");
    }
}
