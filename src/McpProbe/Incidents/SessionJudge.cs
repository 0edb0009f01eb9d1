using McpProbe.Model;

namespace McpProbe.Incidents;

/// <summary>What a look at a session makes of what is known of the endpoint's sessions: (history, look) → history. Pure.</summary>
internal static class SessionJudge
{
    /// <summary>One slow answer, or one of a gateway in a bad moment, cuts nothing: the second in a row does.</summary>
    private const int MostDoubts = 2;

    /// <summary>A session that has lived so long ends a row of cut ones, however long those lived.</summary>
    private static readonly TimeSpan LongLife = TimeSpan.FromHours(24);

    /// <param name="now">Who answered the probe of this slot.</param>
    /// <param name="counts">Whether a cut session counts in the row: not in a maintenance.</param>
    /// <returns>The same instance when there is nothing to remember.</returns>
    public static SessionHistory Next(SessionHistory history, string location, DateTimeOffset slot, SessionLook look, SessionHost now, bool counts)
    {
        now = now with { Address = look.Address };
        var held = history.Held.GetValueOrDefault(location);
        switch (look.Answer)
        {
            case SessionAnswer.Opened:
                return With(history, location, look.Opened! with { Host = now }) with { Without = null };
            case SessionAnswer.Without:
                return history.Without == look.Detail && held is null ? history : With(history, location, null) with { Without = look.Detail };
            case SessionAnswer.Untold:
                return history;
            case SessionAnswer.GivenUp:
                return With(history, location, null);
        }

        if (held is null)
            return history;
        return look.Answer switch
        {
            SessionAnswer.Survived => Survived(history, location, slot, held, look, now),
            SessionAnswer.Ended => End(SessionEnd.Proper),
            SessionAnswer.Dropped => End(SessionEnd.Dropped),
            SessionAnswer.WrongError => End(SessionEnd.WrongError),
            _ when held.Doubts + 1 < MostDoubts => With(history, location, held with { Doubts = held.Doubts + 1 }),
            SessionAnswer.Silent => End(SessionEnd.Hang),
            _ => End(SessionEnd.WrongError),
        };

        SessionHistory End(SessionEnd end)
        {
            var changed = now.DifferencesFrom(held.Host);
            var cause = changed.Count > 0 ? SessionCause.Deployment : held.SawOutage ? SessionCause.Outage : SessionCause.Idle;
            var detail = changed.Count == 0 ? look.Detail ?? "" : $"{look.Detail}; changed about then: {string.Join(", ", changed)}";
            var ended = new EndedSession(held.Since, slot, end, cause, detail, location);
            return With(history, location, null) with
            {
                Ended = [.. history.Ended.Skip(history.Ended.Count + 1 - SessionHistory.MostEnded), ended],
                Cut = !ended.IsCut ? 0 : counts ? history.Cut + 1 : history.Cut,
            };
        }
    }

    /// <summary>The server was not reached: it says nothing of the session, but may say why it ends.</summary>
    public static SessionHistory Unreached(SessionHistory history, string location) =>
        history.Held.GetValueOrDefault(location) is { SawOutage: false } held ? With(history, location, held with { SawOutage = true }) : history;

    private static SessionHistory Survived(
        SessionHistory history, string location, DateTimeOffset slot, HeldSession held, SessionLook look, SessionHost now)
    {
        var host = now.Over(held.Host);
        // Several instances behind one name: which of them answered says nothing of a deployment.
        if (held.Host.Address is { } address && look.Address is { } other && address != other)
            host = host with { Address = SessionHost.Several };
        if (held.Host.Address == SessionHost.Several)
            host = host with { Address = SessionHost.Several };
        var next = held with
        {
            Doubts = 0,
            SawOutage = false,
            Host = host,
            Resumed = look.Resumed ?? held.Resumed,
            NotResumed = look.Resumed is false ? look.Detail : held.NotResumed,
            LastEventId = look.Resumed is null && held.Resumed is null ? held.LastEventId ?? look.LastEventId : null,
        };
        if (held.Tells)
            (history, next) = JudgeNews(history, held, next, slot, look, now);
        var cut = history.Cut > 0 && slot - held.Since >= Enough(history) ? 0 : history.Cut;
        return next == held && cut == history.Cut ? history : With(history, location, next) with { Cut = cut };
    }

    /// <summary>
    /// Holds what the server tells on its stream against what probes see. Between the probe and the look, both of one slot, the list may
    /// change: so the slot before and the one after count too.
    /// </summary>
    private static (SessionHistory History, HeldSession Next) JudgeNews(
        SessionHistory history, HeldSession held, HeldSession next, DateTimeOffset slot, SessionLook look, SessionHost now)
    {
        var told = look.ListChanges > 0;
        var changed = held.Host.Catalog is { } then && now.Catalog is { } catalog && then != catalog;
        if (held.Changed && !told)
            history = history with { Untold = ListChangeFault.OneMore(history.Untold, slot) };
        if (held.Told && !changed)
            history = history with { Needless = ListChangeFault.OneMore(history.Needless, slot) };
        // What one of them explains is settled.
        var settled = held.Changed && told;
        return (history, next with { Told = told && !changed && !settled, Changed = changed && !told && !held.Told });
    }

    /// <summary>Twice the longest life of those that were cut in a row: only then is it another server than the one that cut them.</summary>
    private static TimeSpan Enough(SessionHistory history)
    {
        var longest = TimeSpan.Zero;
        foreach (var ended in history.Ended.TakeLast(history.Cut))
            longest = ended.Life > longest ? ended.Life : longest;
        return 2 * longest < LongLife ? 2 * longest : LongLife;
    }

    private static SessionHistory With(SessionHistory history, string location, HeldSession? held)
    {
        if (held is null && !history.Held.ContainsKey(location))
            return history;
        var all = new Dictionary<string, HeldSession>(history.Held);
        if (held is null)
            all.Remove(location);
        else
            all[location] = held;
        return history with { Held = all };
    }
}
