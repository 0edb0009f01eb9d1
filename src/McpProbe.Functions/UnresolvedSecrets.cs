using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Text;
using McpProbe.Web;

namespace McpProbe.Functions;

/// <summary>
/// Key Vault references that the platform could not resolve: it then leaves the reference itself in the variable, and there it stays as
/// long as the process lives. The app does not read the vault itself: the platform's own bindings read the same variables, and
/// when it resolves them later (by itself, or when somebody asks it to refresh them) it restarts the app, which is all that is
/// needed. Until then such a text is never taken for the secret.
/// </summary>
internal static class UnresolvedSecrets
{
    /// <summary>When an alert that needs such a secret is tried again: by then the app has been restarted, or somebody has to act.</summary>
    private static readonly TimeSpan AskAgain = TimeSpan.FromMinutes(5);

    public static bool Is(string? value) => value?.StartsWith("@Microsoft.KeyVault(", StringComparison.OrdinalIgnoreCase) is true;

    /// <summary>The secret of a reference; null where there is none, or none yet.</summary>
    public static string? FromEnvironment(string name) => SecretReference.FromEnvironment(name) is { } value && !Is(value) ? value : null;

    /// <summary>What keeps a channel from sending; null when nothing does. It is no attempt, so no alert is given up over it.</summary>
    public static SendOutcome? Of(Channel channel, TimeProvider time)
    {
        var missing = Is(channel.Url) || Is(channel.Secret) || RefersToOne(channel.Url) || RefersToOne(channel.Secret);
        return missing
            ? SendOutcome.Retry($"the Key Vault reference of channel '{channel.Name}' is not resolved yet", time.GetUtcNow() + AskAgain) with { NotTried = true }
            : null;
    }

    /// <summary>Null when all are resolved.</summary>
    public static Obstacle? Obstacle(IReadOnlyList<string> unresolved)
    {
        // Names that somebody else chose are not for everybody's eyes; the log has them.
        var ours = unresolved.Where(name => name is AppSettings.ApiKey or AppSettings.ReadKey or AppSettings.Store).ToList();
        var others = unresolved.Count - ours.Count;
        var what = string.Join(" and ", ours.Concat(others == 0 ? [] : new[] { $"{others} {(ours.Count > 0 ? "other " : "")}setting{(others == 1 ? "" : "s")}" }));
        return unresolved.Count == 0 ? null : new Obstacle(
            "secret not resolved yet",
            $"The platform has not resolved the Key Vault reference of {what}. A role that was just assigned takes up to ten minutes to spread. The app restarts by itself once the references are refreshed; if it lasts, check that the secret exists and that the app's identity may read it.");
    }

    private static bool RefersToOne(string? text) =>
        text is not null && !SecretReference.TryResolve(text, FromEnvironment, out _, out _) && SecretReference.TryResolve(text, SecretReference.FromEnvironment, out _, out _);
}
