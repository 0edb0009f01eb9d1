using McpProbe.Text;

namespace McpProbe.Alerts.Heartbeats;

/// <summary>
/// Where a heartbeat goes: an outside service that raises the alarm when it stays away (a dead man's switch). Both addresses are
/// secrets: whoever knows one can keep the alarm silent.
/// </summary>
/// <param name="Well">Asked while all is well.</param>
/// <param name="Failing">Asked while something is wrong, so that the service need not wait; null sends nothing then.</param>
public sealed record HeartbeatAddress(Uri Well, Uri? Failing)
{
    public const string Variable = "MCPPROBE_HEARTBEAT_URL";
    public const string FailingVariable = "MCPPROBE_HEARTBEAT_FAIL_URL";

    /// <summary>Reads the two settings. No mistake quotes a value.</summary>
    /// <returns>Null without a heartbeat, or with mistakes.</returns>
    public static HeartbeatAddress? Read(Func<string, string?> settings, out IReadOnlyList<string> mistakes)
    {
        List<string> wrong = [];
        var (well, failing) = (Address(Variable), Address(FailingVariable));
        if (failing is not null && string.IsNullOrEmpty(settings(Variable)))
            wrong.Add($"{FailingVariable} is set, but not {Variable}: set the address that is asked while all is well, too");
        mistakes = wrong;
        return wrong.Count == 0 && well is not null ? new HeartbeatAddress(well, failing) : null;

        Uri? Address(string name)
        {
            if (settings(name) is not { Length: > 0 } text)
                return null;
            if (UrlRules.MistakeIn(text, out var url) is { } mistake)
                wrong.Add($"{name}: {mistake}");
            return url;
        }
    }
}
