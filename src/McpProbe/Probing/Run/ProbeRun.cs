using System.Globalization;
using McpProbe.Drift.Findings;
using McpProbe.Drift.Specification;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Probing.Run;

/// <summary>What the parts of one attempt share: the endpoint, the limits, the clock, the phase it is in, and the attempt's log.</summary>
internal sealed class ProbeRun(Endpoint endpoint, ProberOptions options, TimeProvider time, Deadline deadline)
{
    private const int MostNotes = 10;
    private const int MostBroken = 20;

    private readonly List<LogLine> _log = new(4);
    private List<Finding>? _notes;
    private List<(SpecRule Rule, Finding Finding)>? _broken;

    public Endpoint Endpoint => endpoint;

    public ProberOptions Options => options;

    public ProbeLimits Limits => options.Limits;

    public TimeProvider Time => time;

    public Deadline Deadline => deadline;

    public Phase Phase { get; set; } = Phase.Handshake;

    /// <summary>Whom a message speaks of: the URL's host (with a port that is not the usual one), or the command.</summary>
    public string Server => endpoint.Url is { IsAbsoluteUri: true } url ? Foreign(url.Authority)
        : endpoint.Command is { Count: > 0 } command ? $"'{Foreign(command[0])}'"
        : "the server";

    /// <summary>The resolved secrets, which no message may show: a server can echo them.</summary>
    public IReadOnlyList<string> Secrets { get; set; } = [];

    /// <summary>Where requests go: the endpoint's URL with its secrets in it.</summary>
    public Uri Url { get => field ?? endpoint.Url!; set; }

    // Not of the catalogue, whose words are compared: a value of a query may be an ordinary word.
    private readonly string[] _hidden = endpoint.Url is { IsAbsoluteUri: true } url
        && (endpoint.HideUrl || url.OriginalString.Contains('?', StringComparison.Ordinal)) ? HiddenOf(url, endpoint.HideUrl) : [];

    /// <summary>
    /// While a catalogue is read: the digest of a whole answer, and where its page stands if it is the one of the last time. Null at
    /// other times.
    /// </summary>
    public Func<ReadOnlyMemory<byte>, (byte[] Digest, Range? Page)?>? Recognise { get; set; }

    /// <summary>What clients other than McpProbe make of the server: soft findings whose rules begin with <c>interop-</c>.</summary>
    public IReadOnlyList<Finding> Notes => _notes ?? (IReadOnlyList<Finding>)[];

    /// <summary>Notes what other clients make of what the server did; once a rule and place.</summary>
    /// <param name="where">The request (<c>server/discover</c>) or, where none is known, the phase (<c>handshake</c>).</param>
    /// <param name="more">
    /// Ends the sentence 'The server {rule.Says}', with its full stop, and says what which client does. The same at every probe
    /// (no times, ids or counts), since results that say the same are stored once; foreign text by <see cref="Foreign"/>.
    /// </param>
    public void Note(FindingRule rule, string where, string more)
    {
        // Two requests can be under way at once.
        lock (_log)
        {
            _notes ??= [];
            if (_notes.Count < MostNotes && !_notes.Exists(note => note.Rule == rule.Name && note.Path == where))
                _notes.Add(new Finding(FindingLevel.Soft, rule.Name, null, where, $"The server {rule.Says}{more}"));
        }
    }

    /// <summary>Notes that the server leaves the specification; once a rule and place. Foreign text in it by <see cref="Foreign"/>.</summary>
    /// <inheritdoc cref="SpecRule.Broken"/>
    public void Break(SpecRule rule, string path, string more)
    {
        lock (_log)
        {
            _broken ??= [];
            if (_broken.Count < MostBroken && !_broken.Exists(each => each.Rule == rule && each.Finding.Path == path))
                _broken.Add((rule, rule.Broken(path, more)));
        }
    }

    public bool HasBroken => _broken is not null;

    /// <summary>The rules that the server broke, of those that its era has.</summary>
    /// <param name="era">Null when it was not found out: then none that only one era has.</param>
    public IEnumerable<Finding> Broken(Era? era) =>
        _broken is null ? [] : _broken.Where(each => each.Rule.Only is not { } only || only == era).Select(each => each.Finding);

    /// <summary>A line of the probe's own log. Connections are made on other threads.</summary>
    public void Log(string line) => Log(new LogLine(line));

    /// <summary>A line that says nothing new the second time.</summary>
    public void LogOnce(string line)
    {
        lock (_log)
        {
            if (!_log.Exists(before => before.Text == line))
                _log.Add(new LogLine(line));
        }
    }

    /// <summary>A line of an HTTP answer.</summary>
    /// <param name="started">When the request was sent, as a timestamp of <see cref="Time"/>.</param>
    public void LogAnswer(string verb, string what, HttpResponseMessage answer, long started) =>
        Log(new LogLine(verb, what, (int)answer.StatusCode, time.GetElapsedTime(started).TotalMilliseconds));

    public void Log(LogLine line)
    {
        lock (_log)
            _log.Add(line);
    }

    /// <summary>Begins the log again, so that a session that stays open does not gather lines for ever.</summary>
    public void ForgetLog()
    {
        lock (_log)
            _log.Clear();
    }

    public IReadOnlyList<string> LogLines()
    {
        lock (_log)
            return new ProbeLog([.. _log]);
    }

    /// <summary>Milliseconds since a timestamp of <see cref="Time"/>.</summary>
    public double MillisecondsSince(long timestamp) => Round(time.GetElapsedTime(timestamp).TotalMilliseconds);

    /// <summary>Milliseconds since a timestamp, as the log shows them.</summary>
    public string Since(long timestamp) =>
        time.GetElapsedTime(timestamp).TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture) + " ms";

    /// <summary>A server's text for a message: without our secrets, one line, short.</summary>
    public string Foreign(string text) => ForeignText.Brief(Redact(text));

    /// <summary>A server's text without our secrets, which it can echo.</summary>
    public string Redact(string text)
    {
        foreach (var secret in Secrets)
            text = text.Replace(secret, SecretReference.Redacted, StringComparison.Ordinal);
        foreach (var hidden in _hidden)
            text = text.Replace(hidden, SecretReference.Redacted, StringComparison.Ordinal);
        return text;
    }

    private static string[] HiddenOf(Uri url, bool withPath)
    {
        // Shorter ones would blot out ordinary words of messages. Longest first, for one may hold another.
        const int ShortestValue = 6, ShortestPath = 2;
        var query = UrlText.PartsOfQuery(url).Where(part => part.Length >= ShortestValue);
        var path = withPath && url.AbsolutePath.Length >= ShortestPath ? url.AbsolutePath.TrimEnd('/') : "";
        return [.. query.Append(path).Where(part => part.Length > 0).OrderByDescending(part => part.Length)];
    }

    public static double Round(double milliseconds) => Math.Round(Math.Max(0, milliseconds), 2);
}
