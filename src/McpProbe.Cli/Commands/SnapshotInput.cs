using McpProbe.Catalog;
using McpProbe.Cli.Output;
using McpProbe.Drift.Findings;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Cli.Commands;

/// <summary>A snapshot file as a command's input.</summary>
/// <param name="Snapshot">Null when it cannot be used; then <paramref name="Fault"/> says why and what to do.</param>
/// <param name="ExitCode">What <paramref name="Fault"/> ends with.</param>
internal sealed record SnapshotInput(string Path, SavedSnapshot? Snapshot, SnapshotPlaces? Places, string? Fault, int ExitCode)
{
    /// <summary>Suspicious text in it, which whoever accepted the snapshot has accepted too.</summary>
    public IReadOnlyList<Finding> Findings => Snapshot is null ? [] : SuspiciousText.FindIn(Snapshot.Snapshot.Catalog.Canonical);

    /// <param name="missing">The exit code when there is no such file.</param>
    /// <param name="remedy">What to do then.</param>
    public static async Task<SnapshotInput> ReadAsync(string path, int missing, string remedy, CancellationToken cancellationToken)
    {
        byte[] bytes;
        try
        {
            bytes = await File.ReadAllBytesAsync(path, cancellationToken);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return Faulty(missing, $"there is no such file; {remedy}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return Faulty(ExitCodes.Usage, Directory.Exists(path) ? "this is a directory; name the file in it" : $"the file cannot be read: {error.Message}");
        }

        var outcome = SnapshotFile.Read(bytes);
        return outcome.Value is { } snapshot
            ? new SnapshotInput(path, snapshot, new SnapshotPlaces(path, bytes), null, ExitCodes.Ok)
            : Faulty(outcome.IsOtherFormula ? ExitCodes.NoBaseline : ExitCodes.Usage, outcome.Error!);

        SnapshotInput Faulty(int exitCode, string fault) => new(path, null, null, $"{path}: {ForeignText.OneLine(fault)}", exitCode);
    }
}
