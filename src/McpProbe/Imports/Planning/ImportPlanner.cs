using McpProbe.Configuration;
using McpProbe.Endpoints;
using McpProbe.Text;

namespace McpProbe.Imports.Planning;

/// <summary>
/// Makes of what is listed, and of the endpoints that there are, what is to be: pure. Endpoints of others (of people, the API, another import) are
/// never changed; one address has one endpoint.
/// </summary>
/// <param name="known">All endpoints that there are.</param>
public sealed class ImportPlanner(ImportPolicy policy, IReadOnlyCollection<Endpoint> known)
{
    private const int MostLeftOut = 100_000;

    private readonly Dictionary<string, Endpoint> _own = known.Where(each => each.Imported?.From == policy.From).ToDictionary(each => each.Id);
    private readonly HashSet<string> _others = [.. known.Where(each => each.Imported?.From != policy.From).Select(each => each.Id)];
    private readonly Dictionary<string, string> _addresses = AddressesOf(known.Where(each => each.Imported?.From != policy.From || (policy.ChangesOnly && IsHere(each))));
    private readonly Dictionary<string, Endpoint> _planned = [];
    private readonly List<(string, string)> _leftOut = [];
    private bool _isWhole = policy.IsWhole;
    private int _listed = policy.ChangesOnly ? known.Count(each => each.Imported?.From == policy.From && IsHere(each)) : 0;

    /// <exception cref="ImportFailedException">Everything that it had would be gone.</exception>
    public ImportPlan Plan(IReadOnlyList<Listing> listings)
    {
        var servers = listings.DistinctBy(listing => listing.Name).CountBy(listing => listing.Status ?? ListingStatus.Active).ToDictionary();
        // Those that have their endpoint keep their address, whoever else claims it now.
        foreach (var listing in listings.OrderBy(listing => _own.ContainsKey(IdOf(listing)) ? 0 : 1))
            Add(listing);
        if (_isWhole)
        {
            foreach (var gone in _own.Values.Where(each => !_planned.ContainsKey(each.Id)))
                _planned.Add(gone.Id, Paused(gone, PauseReason.Gone));
        }
        else if (policy is { ChangesOnly: true, OwnsAll: true })
        {
            foreach (var unlisted in _own.Values.Where(each => !_planned.ContainsKey(each.Id) && IsHere(each)))
                _planned.Add(unlisted.Id, unlisted with { Interval = IntervalOf(unlisted.Id) });
        }

        var here = _own.Values.Where(IsHere).ToList();
        if (!policy.AllowEmpty && here.Count > 0 && _isWhole && here.TrueForAll(each => _planned[each.Id].Imported!.Paused is PauseReason.Gone) && (listings.Count == 0 || here.Count > 1))
            throw ImportFailedException.WrongAnswer($"It lists none of the {here.Count} servers that it had, so something is wrong with it, or it is another one. Nothing is changed; import with --allow-empty if it is meant.");
        var changed = _planned.Values.Where(after => _own.ContainsKey(after.Id)).Select(after => (Before: _own[after.Id], After: after))
            .Where(pair => !AreSame(pair.Before, pair.After)).OrderBy(pair => pair.After.Id, StringComparer.Ordinal).ToList();
        return new ImportPlan(
            [.. _planned.Values.Where(each => !_own.ContainsKey(each.Id)).OrderBy(each => each.Id, StringComparer.Ordinal)],
            changed, _own.Count - changed.Count, _leftOut, servers, _isWhole);
    }

    public static bool AreSame(Endpoint left, Endpoint right) => EndpointJson.ToJson(left) == EndpointJson.ToJson(right);

    private void Add(Listing listing)
    {
        var id = IdOf(listing);
        var before = _own.GetValueOrDefault(id);
        if (_planned.ContainsKey(id))
            return;
        if (listing.Status is ListingStatus.Deleted)
        {
            if (before is not null)
                _planned.Add(id, Paused(before, PauseReason.Deleted, listing));
            return;
        }

        string? needs = null, leftOut = listing.LeftOut;
        var url = leftOut is null && listing.Url is not null ? ForeignUrl.Clean(listing, policy.AllowPrivate || !policy.Strangers, out leftOut, out needs) : null;
        if (leftOut is null && url is null && listing.Command is null)
            leftOut = "it has no remote address";
        if (policy.Deny.Has(listing, url))
        {
            if (before is not null)
                _planned.Add(id, Paused(before, PauseReason.Denied, listing));
            else
                LeaveOut(listing, PauseReason.Denied);
        }
        else if (leftOut is not null)
        {
            if (before is not null)
                _planned.Add(id, Paused(before, leftOut, listing));
            LeaveOut(listing, leftOut);
        }
        else if (url is not null && _addresses.TryGetValue(ForeignUrl.Identity(url), out var owner) && owner != id)
        {
            if (before is not null)
                _planned.Add(id, Paused(before, PauseReason.Claimed, listing));
            LeaveOut(listing, _others.Contains(owner) ? $"its address is watched already, as '{owner}'" : PauseReason.Claimed);
        }
        else if (before is null && _listed >= policy.Limit)
        {
            _isWhole = false;
        }
        else
        {
            if (url is not null)
                _addresses[ForeignUrl.Identity(url)] = id;
            if (!policy.ChangesOnly || before is null || !IsHere(before))
                _listed++;
            _planned.Add(id, Endpoint(id, listing, url, before, ReasonOf(listing, needs)));
        }
    }

    private string? ReasonOf(Listing listing, string? needs) =>
        listing.Status is ListingStatus.Deprecated ? PauseReason.Deprecated
        : listing.Needs is { } want ? ForeignText.OneLine(want, 200)
        : needs is not null ? ForeignText.OneLine(needs, 200)
        : policy.Strangers && !policy.Activate ? PauseReason.NotActivated
        : null;

    private Endpoint Endpoint(string id, Listing listing, Uri? url, Endpoint? before, string? reason)
    {
        var (paused, why, watched) = PauseReason.Decide(before, reason);
        var name = listing.Title is { } title ? ForeignText.OneLine(title, 100) : ForeignText.OneLine(listing.Name, 100);
        // What people may have changed since is theirs; what the source says is the source's. On a head nobody changes it.
        var endpoint = before is null || policy.OwnsAll ? New(id, listing) : before;
        var isOfItsKind = before is not null && before.Url is null == url is null;
        return endpoint with
        {
            Name = name.Length > 0 && name != id ? name : endpoint.Name,
            Url = url,
            Command = url is null ? listing.Command : null,
            Transport = url is null ? TransportChoice.Auto : listing.Transport,
            Headers = isOfItsKind ? Named(endpoint.Headers) : New(id, listing).Headers,
            Environment = isOfItsKind ? endpoint.Environment : New(id, listing).Environment,
            Paused = paused,
            Imported = new Imported(policy.From, Clean(listing.Name)!)
            {
                Version = Clean(listing.Version),
                Status = listing.Status,
                Paused = why,
                Watched = watched,
                AllowPrivate = policy.AllowPrivate || !policy.Strangers,
            },
        };
    }

    /// <summary>Somebody who says whom to ask says it for all that is there already.</summary>
    private IReadOnlyDictionary<string, string> Named(IReadOnlyDictionary<string, string> headers)
    {
        var own = UserAgent.Of(policy.Contact);
        return policy.Contact is null || !headers.TryGetValue("User-Agent", out var now) || now == own || !UserAgent.IsOurs(now)
            ? headers
            : new Dictionary<string, string>(headers, StringComparer.OrdinalIgnoreCase) { ["User-Agent"] = own };
    }

    private Endpoint New(string id, Listing listing)
    {
        var headers = new Dictionary<string, string>(listing.Url is null ? [] : listing.Headers, StringComparer.OrdinalIgnoreCase);
        if (policy.Strangers && listing.Url is not null)
            headers["User-Agent"] = UserAgent.Of(policy.Contact);
        var interval = listing.Interval is { } own && !policy.Seldom.Contains(id) ? own : IntervalOf(id);
        var timeout = listing.Timeout ?? Endpoints.Endpoint.DefaultTimeout;
        return new Endpoint
        {
            Id = id,
            Headers = headers,
            Environment = listing.Url is null ? listing.Environment : new Dictionary<string, string>(),
            Interval = interval,
            Timeout = timeout > interval ? interval : timeout,
            Group = listing.Group is { } group ? ForeignText.OneLine(group, 100) : policy.Group,
            Visibility = policy.Visibility,
        };
    }

    private TimeSpan IntervalOf(string id) => policy.Seldom.Contains(id) && ImportDefinition.Seldom > policy.ProbeEvery ? ImportDefinition.Seldom : policy.ProbeEvery;

    private static bool IsHere(Endpoint own) => !PauseReason.IsArchiving(own.Imported!.Paused);

    private static Endpoint Paused(Endpoint before, string reason, Listing? listing = null)
    {
        var (paused, why, watched) = PauseReason.Decide(before, reason);
        return before with
        {
            Paused = paused,
            Imported = before.Imported! with { Paused = why, Watched = watched, Status = listing?.Status ?? before.Imported.Status, Version = Clean(listing?.Version) ?? before.Imported.Version },
        };
    }

    /// <summary>The id that its name gives, unless somebody else has that one.</summary>
    private string IdOf(Listing listing)
    {
        var id = EndpointIds.Of(listing.Name, listing.IsFirst ? null : listing.Url);
        var isOthers = _others.Contains(id)
            || (_own.GetValueOrDefault(id) is { } own && own.Imported!.Name != Clean(listing.Name))
            || (_planned.GetValueOrDefault(id) is { } planned && planned.Imported!.Name != Clean(listing.Name));
        return isOthers ? EndpointIds.WithMark(id, $"{policy.From}\n{listing.Name}\n{(listing.IsFirst ? "" : listing.Url)}") : id;
    }

    private void LeaveOut(Listing listing, string reason)
    {
        if (_leftOut.Count < MostLeftOut)
            _leftOut.Add((ForeignText.OneLine(listing.Name, 100), ForeignText.OneLine(reason, 200)));
    }

    private static string? Clean(string? text) => text is null ? null : ForeignText.OneLine(text, 200) is { Length: > 0 } clean ? clean : "?";

    private static Dictionary<string, string> AddressesOf(IEnumerable<Endpoint> endpoints)
    {
        var addresses = new Dictionary<string, string>();
        foreach (var endpoint in endpoints.Where(each => each.Url is not null))
            addresses.TryAdd(ForeignUrl.Identity(endpoint.Url!), endpoint.Id);
        return addresses;
    }
}
