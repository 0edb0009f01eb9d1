using McpProbe.Endpoints;

namespace McpProbe.Imports.Planning;

/// <summary>Whether an endpoint of an import is watched: what the source says now, against what people and earlier imports decided.</summary>
public static class PauseReason
{
    public const string NotActivated = "not activated";
    public const string Gone = "not listed any more";
    public const string Deleted = "deleted in the registry";
    public const string Deprecated = "deprecated in the registry";
    public const string Denied = "on the deny-list";
    public const string Removed = "its import is in the probes file no more";
    public const string Claimed = "another server that is listed has the same address";

    /// <summary>Whether it is no more than there: its history is kept, and nothing else.</summary>
    public static bool IsArchiving(string? reason) => reason is Gone or Deleted or Denied or Removed or Claimed;

    /// <param name="known">The endpoint as it is; null for a new one.</param>
    /// <param name="reason">Why it is not to be watched now; null when it is.</param>
    public static (bool Paused, string? Reason, bool Watched) Decide(Endpoint? known, string? reason)
    {
        if (known?.Imported is not { } before)
            return (reason is not null, reason, false);
        // Somebody paused it, and only they end that.
        var byHand = known.Paused && before.Paused is null;
        if (byHand)
            return (true, null, false);
        // That nobody asked for it pauses only what is new: what is watched was asked for.
        if (reason is NotActivated && (!known.Paused || before.Watched))
            reason = null;
        if (reason is null)
            return (false, null, false);
        // Somebody switched it on in spite of this very reason.
        if (!known.Paused && before.Paused == reason)
            return (false, reason, false);
        return (true, reason, !known.Paused || (before.Watched && reason is not NotActivated));
    }
}
