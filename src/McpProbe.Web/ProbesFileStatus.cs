using McpProbe.Text;

namespace McpProbe.Web;

/// <summary>Whether the probes file that a head watches could be applied the last time it was read. While it could not, the one before is in force.</summary>
public sealed class ProbesFileStatus
{
    private volatile Fault? _fault;

    /// <summary>Null when the file as it is now is in force, or there is none to watch.</summary>
    public Fault? Current => _fault;

    public void Applied() => _fault = null;

    /// <param name="mistakes">Every mistake, a sentence or a line each.</param>
    public Fault Failed(IReadOnlyList<string> mistakes, DateTimeOffset now) => _fault = new Fault(mistakes, _fault?.Since ?? now);

    /// <param name="Mistakes">Not for everybody: they name files and endpoints.</param>
    /// <param name="Since">When the file first could not be applied.</param>
    public sealed record Fault(IReadOnlyList<string> Mistakes, DateTimeOffset Since)
    {
        /// <summary>For everybody: nothing of what the file says.</summary>
        public Obstacle Obstacle => new(
            "probes file not applied",
            $"The probes file could not be applied since {UtcInstant.Format(Since)}, and the one before is in force. The log and the page, with the key, say what is wrong; it is read again by itself.");
    }
}
