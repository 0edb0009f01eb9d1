using System.Security.Cryptography;

namespace McpProbe.Catalog;

/// <summary>
/// SHA-256 as catalogues are hashed with it. A head uses the platform's. An executable that ends after milliseconds may bring its own
/// (<see cref="Create"/>): loading the platform's takes longer than all there is to hash.
/// </summary>
public abstract class CatalogHash : IDisposable
{
    public const int Length = 32;

    /// <summary>Makes the one to use; set once, when the process starts.</summary>
    public static Func<CatalogHash> Create { get; set; } = () => new OfThePlatform();

    public abstract void Append(ReadOnlySpan<byte> bytes);

    /// <summary>Writes the hash of what was appended, and begins anew.</summary>
    /// <param name="hash">Room for <see cref="Length"/> bytes.</param>
    public abstract void Finish(Span<byte> hash);

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }

    private sealed class OfThePlatform : CatalogHash
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public override void Append(ReadOnlySpan<byte> bytes) => _hash.AppendData(bytes);

        public override void Finish(Span<byte> hash) => _hash.GetHashAndReset(hash);

        protected override void Dispose(bool disposing)
        {
            _hash.Dispose();
            base.Dispose(disposing);
        }
    }
}
