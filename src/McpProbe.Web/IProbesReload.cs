using McpProbe.Configuration.Reading;
using McpProbe.Monitoring;

namespace McpProbe.Web;

/// <summary>Reads the probes file again, for <c>POST /api/reload</c>. A head that has none adds none to its services.</summary>
public interface IProbesReload
{
    /// <summary>Whether there is a file to read.</summary>
    bool HasFile { get; }

    /// <param name="allowEmpty">Whether a file may take away all endpoints that it had.</param>
    Task<ReloadOutcome> ReloadAsync(bool allowEmpty, CancellationToken cancellationToken);
}

/// <summary>What came of reading the probes file again.</summary>
public abstract record ReloadOutcome
{
    /// <param name="Channels">The channels that were added, changed or removed.</param>
    /// <param name="Warnings">What does no harm yet.</param>
    public sealed record Applied(ProbesChange Change, IReadOnlyList<string> Channels, IReadOnlyList<string> Warnings) : ReloadOutcome
    {
        /// <summary>Whether no endpoint and no channel changed.</summary>
        public bool IsEmpty => Change.IsEmpty && Channels.Count == 0;

        /// <summary><c>added a; channels ops</c>.</summary>
        public override string ToString() => Channels.Count == 0 ? Change.ToString() : $"{Change}; channels {string.Join(", ", Channels)}";
    }

    /// <summary>Nothing was changed.</summary>
    public sealed record Invalid(IReadOnlyList<ConfigError> Mistakes) : ReloadOutcome;

    /// <summary>It would take away all endpoints, and nobody asked for that. Nothing was changed.</summary>
    public sealed record WouldArchiveAll(string Message) : ReloadOutcome;

    /// <summary>The head was started without a probes file.</summary>
    public sealed record NoFile : ReloadOutcome;
}
