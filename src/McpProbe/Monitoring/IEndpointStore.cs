using McpProbe.Configuration;
using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;
using McpProbe.Model;

namespace McpProbe.Monitoring;

/// <summary>The definitions of what is watched.</summary>
public interface IEndpointStore
{
    /// <summary>All of them, by id.</summary>
    Task<IReadOnlyList<RegisteredEndpoint>> ListEndpointsAsync(CancellationToken cancellationToken);

    Task<RegisteredEndpoint?> FindEndpointAsync(string id, CancellationToken cancellationToken);

    /// <summary>
    /// Creates the endpoint with an empty state, or replaces its definition and keeps state and history. A definition that differs
    /// has a generation of its own (<see cref="Generations"/>); one that was stored already changes nothing.
    /// </summary>
    /// <remarks>
    /// The state does not know of it yet: who puts it judges that too (<see cref="EndpointRegistry"/>); the first probe of the new
    /// generation does, where a crash came between.
    /// </remarks>
    /// <param name="when">Judges the generation that stands, null for none, in the same transaction; null puts in any case.</param>
    Task<EndpointPut> PutEndpointAsync(RegisteredEndpoint endpoint, CancellationToken cancellationToken, Predicate<long?>? when = null);
}

/// <param name="Created">It was not there before.</param>
/// <param name="Generation">That of the definition that is stored now.</param>
public sealed record EndpointPut(bool Created, long Generation)
{
    /// <summary>The state was made with this definition: there is nothing to judge.</summary>
    public bool IsDefined { get; init; }

    /// <summary>The condition did not hold: nothing was changed.</summary>
    public static readonly EndpointPut Refused = new(Created: false, Generation: -1);
}

/// <param name="Source">Who may change it: an endpoint of the probes file is changed there; one that left the file is watched no longer.</param>
/// <param name="Mistakes">
/// Why the stored definition does not validate any more, after an upgrade; null when it does. The endpoint then has no target, and
/// what else of it can be read: it is not probed until it is put again, and its slots say so (<see cref="Unprobed"/>).
/// </param>
public sealed record RegisteredEndpoint(Endpoint Endpoint, EndpointSource Source, IReadOnlyList<ConfigError>? Mistakes = null)
{
    /// <summary>What it says; it knows whether it came by the API.</summary>
    public Endpoint Endpoint { get; init => field = Marked(value, Source); } = Marked(Endpoint, Source);

    /// <summary>Since when it is watched; kept beside the definition.</summary>
    public WatchedPeriod Watched { get; init; } = WatchedPeriod.Unknown;

    /// <summary>Which of the definitions of this id it is: see <see cref="Generations"/>. 0 for one that was stored before there were any.</summary>
    public long Generation { get; init; }

    /// <summary>What its slots say instead of being probed; null when it can be probed.</summary>
    public Failure? Unprobed => Mistakes is null ? null : NotValid(Mistakes);

    /// <summary>When this definition was put, as its generation tells; null where nobody knows.</summary>
    public DateTimeOffset? Since => Generation > 0 ? DateTimeOffset.FromUnixTimeMilliseconds(Generation) : null;

    /// <summary>Reads what a store kept. One definition that is wrong must not hide the others, nor itself.</summary>
    public static RegisteredEndpoint Read(string id, ReadOnlyMemory<byte> definition, EndpointSource source, long generation = 0)
    {
        var (endpoint, mistakes) = EndpointJson.Read(definition, id);
        if (endpoint is not null)
            return new RegisteredEndpoint(endpoint, source) { Generation = generation };
        var known = EndpointJson.ReadWithoutTarget(definition, id);
        // What left the probes file is paused, whatever can be read of it.
        return new RegisteredEndpoint(known with { Paused = known.Paused || source is EndpointSource.Archived }, source, mistakes) { Generation = generation };
    }

    /// <summary>What a slot says whose definition does not validate (any more).</summary>
    public static Failure NotValid(IReadOnlyList<ConfigError> mistakes) => new(
        FailureKind.Config,
        Phase: null,
        $"The definition of this endpoint is not valid any more ({(mistakes.Count > 0 ? mistakes[0].ToString() : "it was read as nothing")}). Put it again.");

    private static Endpoint Marked(Endpoint endpoint, EndpointSource source) =>
        endpoint.FromApi == source is EndpointSource.Api ? endpoint : endpoint with { FromApi = source is EndpointSource.Api };
}

public enum EndpointSource
{
    Api,
    File,

    /// <summary>A scheduled import brought it, and changes it.</summary>
    Import,

    /// <summary>It left the probes file, or what its import lists: its definition is paused and its history kept, until it comes back or somebody deletes it.</summary>
    Archived,
}
