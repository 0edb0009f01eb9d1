namespace McpProbe.Endpoints;

/// <summary>
/// The TLS side of an endpoint. Each value is a PEM file's path, or <c>${env:NAME}</c> for a variable that holds the PEM text; it
/// is read again for every probe, so that a renewed certificate needs no restart.
/// </summary>
public sealed record TlsSettings
{
    public static readonly TlsSettings Default = new();

    /// <summary>The authorities to trust instead of the system's.</summary>
    public string? Ca { get; init; }

    /// <summary>Our certificate for mutual TLS, its intermediates after it; null shows none.</summary>
    public string? Certificate { get; init; }

    /// <summary>Its private key; null when it stands in <see cref="Certificate"/> too.</summary>
    public string? Key { get; init; }

    /// <summary>Those that are set, by their key.</summary>
    public IEnumerable<(string Key, string Value)> Named()
    {
        (string Key, string? Value)[] all = [("ca", Ca), ("certificate", Certificate), ("key", Key)];
        return all.Where(each => each.Value is not null).Select(each => (each.Key, each.Value!));
    }
}
