using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Text;

namespace McpProbe.Cli.Commands;

/// <summary>What a one-shot command probes.</summary>
/// <param name="Debug">Whether the probe's own log is wanted.</param>
#pragma warning disable CA1001 // Its prober keeps no connections: there is nothing to dispose of before the process ends.
internal sealed record Target(Endpoint Endpoint, AddressRule Addresses, bool Debug)
{
    // One for all probes of a command, so that an OAuth token is asked for once.
    private readonly McpProber _prober = new(new ProberOptions { Addresses = Addresses }, TimeProvider.System);

    /// <summary>A look beyond what a probe asks; what it finds joins the result's <see cref="ProbeResult.Specification"/>.</summary>
    public async Task<(ProbeResult Result, IReadOnlyList<string> Unfinished)> LookDeepAsync(ProbeResult result, CancellationToken cancellationToken)
    {
        var look = await new DeepProber(new ProberOptions { Addresses = Addresses }, TimeProvider.System).LookAsync(Endpoint, result, cancellationToken);
        return (DeepProber.Join(Endpoint, result, look.Findings), look.Unfinished ?? []);
    }

    /// <summary>The prober, for a command that does more than to probe once.</summary>
    public McpProber Prober => _prober;

    /// <summary>One attempt; with <see cref="Debug"/> its log goes to standard error. Nothing that a command started is left behind.</summary>
    public async Task<ProbeResult> ProbeAsync(CancellationToken cancellationToken)
    {
        var isCommand = Endpoint.Command is not null;
        if (isCommand)
            Descendants.Adopt();
        var result = await _prober.ProbeAsync(Endpoint, cancellationToken);
        if (isCommand)
            await Descendants.KillAsync();
        if (Debug)
        {
            foreach (var line in result.Log)
                await Console.Error.WriteLineAsync(ForeignText.OneLine(line));
        }

        return result;
    }
}

#pragma warning restore CA1001

/// <summary>A target, or every mistake in the options that name it.</summary>
internal sealed record Binding(Target? Target, IReadOnlyList<string> Mistakes);
