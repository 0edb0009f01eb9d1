using System.Runtime.CompilerServices;
using McpProbe.Catalog.Json;

namespace McpProbe.Imports.Files;

/// <summary>The configurations of MCP clients on this machine.</summary>
/// <param name="files">Where they may be; the first that is there must be.</param>
/// <param name="what">Whose they are, for messages.</param>
/// <param name="isNamed">Somebody named the one file, so it must be there.</param>
internal sealed class ClientFiles(string what, IReadOnlyList<string> files, bool isNamed, ImportLimits limits) : IImportSource
{
    public static readonly IReadOnlyList<string> Clients = ["claude-desktop", "vscode", "cursor"];

    public string Place => isNamed ? files[0] : $"the configuration of {what}";

    // Whoever uses a server has been let in by it.
    public bool ListsStrangers => false;

    /// <param name="client">One of <see cref="Clients"/>; null for all of them.</param>
    /// <param name="file">Null for where the client keeps it.</param>
    public static ClientFiles Of(string? client, string? file, ImportLimits limits) => new(
        client ?? string.Join(", ", Clients), file is null ? [.. client is null ? Clients.SelectMany(PlacesOf) : PlacesOf(client)] : [file], file is not null, limits);

    public async IAsyncEnumerable<Listing> ReadAsync(ImportQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var there = files.Where(file => isNamed || File.Exists(file)).ToList();
        if (there.Count == 0)
            throw ImportFailedException.File($"There is no configuration of {what} here: {string.Join(" and ", files)} {(files.Count == 1 ? "does" : "do")} not exist. Name the file: import {(what.Contains(',', StringComparison.Ordinal) ? "cursor" : what)}:FILE.");
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var file in there)
        {
            using var document = await BoundedFile.ReadJsonAsync(file, "a client's configuration with 'mcpServers' or 'servers'", limits, JsonRead.Lenient, cancellationToken);
            // Clients share servers under one name.
            foreach (var listing in ClientConfiguration.Read(document.RootElement).Where(query.Finds).Where(listing => names.Add(listing.Name)))
                yield return listing;
        }
    }

    private static IEnumerable<string> PlacesOf(string client)
    {
        // ~/.config on Linux, ~/Library/Application Support on macOS, %APPDATA% on Windows.
        var (settings, home) = (Folder(Environment.SpecialFolder.ApplicationData), Folder(Environment.SpecialFolder.UserProfile));
        return client switch
        {
            "claude-desktop" => [Path.Combine(settings, "Claude", "claude_desktop_config.json")],
            "vscode" => [Path.Combine(settings, "Code", "User", "mcp.json"), Path.Combine(Environment.CurrentDirectory, ".vscode", "mcp.json")],
            _ => [Path.Combine(home, ".cursor", "mcp.json"), Path.Combine(Environment.CurrentDirectory, ".cursor", "mcp.json")],
        };
    }

    // Where it would be, too: it is told to who has none.
    private static string Folder(Environment.SpecialFolder folder) => Environment.GetFolderPath(folder, Environment.SpecialFolderOption.DoNotVerify);
}
