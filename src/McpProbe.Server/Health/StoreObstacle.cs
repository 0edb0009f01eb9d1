using McpProbe.Server.Storage;
using McpProbe.Web;

namespace McpProbe.Server.Health;

/// <summary>A store that takes no writes, for people.</summary>
internal static class StoreObstacle
{
    public const string Reason = "store refuses writes";

    /// <param name="said">What SQLite said.</param>
    public static Obstacle OfDamage(string said) => new(
        "store damaged", $"McpProbe's database is damaged: {said.TrimEnd('.')}. What lies there cannot be read or written; the rest goes on. Stop McpProbe and restore the database from a backup.");

    public static Obstacle Of(StoreFailure failure) => failure.IsGone ? OfGone(failure) : new(Reason, failure.Refuses
        ? $"McpProbe's data directory takes no writes: {failure.Why}. What it sees cannot be kept: slots and alerts wait until it works again."
        : $"McpProbe's data directory takes no writes: {failure.Why}. Probing and alerting go on from memory; {failure.Held} writes wait for the disk, and a restart would lose them.{(failure.Dropped > 0 ? $" {failure.Dropped} older results were left out, for there are too many." : "")}")
    {
        Since = failure.Since,
    };

    private static Obstacle OfGone(StoreFailure failure) => new(
        "store gone", "McpProbe's database is not in its data directory any more. Probing and alerting go on, and a restart loses all that was and is recorded: put the database back from a backup where there is one, and restart McpProbe.")
    {
        Since = failure.Since,
    };
}
