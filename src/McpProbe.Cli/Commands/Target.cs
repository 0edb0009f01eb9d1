using McpProbe.Endpoints;
using McpProbe.Probing;

namespace McpProbe.Cli.Commands;

/// <summary>What a one-shot command probes.</summary>
/// <param name="Debug">Whether the probe's own log is wanted.</param>
internal sealed record Target(Endpoint Endpoint, AddressRule Addresses, bool Debug)
{
    // One for all probes of a command, so that an OAuth token is asked for once. It keeps no connections, so the process's end is soon enough for it.
#pragma warning disable CA1001
    private readonly McpProber _prober = new(new ProberOptions { Addresses = Addresses }, TimeProvider.System);
#pragma warning restore CA1001

    /// <summary>One attempt; with <see cref="Debug"/> its log goes to standard error.</summary>
    public async Task<ProbeResult> ProbeAsync(CancellationToken cancellationToken)
    {
        var result = await _prober.ProbeAsync(Endpoint, cancellationToken);
        if (Debug)
        {
            foreach (var line in result.Log)
                await Console.Error.WriteLineAsync(ForeignText.OneLine(line));
        }

        return result;
    }
}

/// <summary>A target, or every mistake in the options that name it.</summary>
internal sealed record Binding(Target? Target, IReadOnlyList<string> Mistakes);
