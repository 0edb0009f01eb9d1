using McpProbe.Model;
using McpProbe.Probing.Net;
using McpProbe.Probing.Tools;

namespace McpProbe.Probing;

/// <summary>What an attempt may take over from earlier ones.</summary>
/// <param name="Credentials">OAuth tokens and TLS material.</param>
/// <param name="Connections">Null has it connect afresh.</param>
/// <param name="Eras">What earlier attempts found out.</param>
/// <param name="Era">What the caller knows of the endpoint; null for nothing.</param>
/// <param name="StoredHash">
/// The hash, by protocol version, of the catalogue whose content the caller has; only that one may be recognised by its bytes.
/// Null has every catalogue parsed.
/// </param>
internal sealed record Reuse(
    Credentials Credentials, ConnectionPool? Connections, CatalogMemory Catalogs, EraMemory Eras, Func<string, string?>? StoredHash, Era? Era = null);
