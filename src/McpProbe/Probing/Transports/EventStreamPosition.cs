namespace McpProbe.Probing.Transports;

/// <summary>How far an event stream was read, and when its server wants to be asked for the rest (WHATWG HTML, Server-sent events).</summary>
internal sealed class EventStreamPosition
{
    private const int LongestId = 1024;

    // The server may leave the time to the client; the official SDKs wait this long then.
    private static readonly TimeSpan DefaultRetry = TimeSpan.FromSeconds(1);

    /// <summary>Longer waits than any probe's deadline, which a timer could refuse, are all the same.</summary>
    private static readonly TimeSpan LongestRetry = TimeSpan.FromDays(1);

    /// <summary>The id of the last event; null when the stream cannot be resumed, because there is none or no header can hold it.</summary>
    public string? LastEventId { get; private set; }

    public TimeSpan Retry { get; private set; } = DefaultRetry;

    /// <summary>Past an event that was read to its end.</summary>
    /// <param name="id">Null when the event has none; empty takes back the last one.</param>
    /// <param name="retry">Negative when the server named none.</param>
    public void MoveTo(string? id, TimeSpan retry)
    {
        if (id is not null)
            LastEventId = id.Length is > 0 and <= LongestId && id.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0 ? id : null;
        if (retry >= TimeSpan.Zero)
            Retry = retry < LongestRetry ? retry : LongestRetry;
    }
}
