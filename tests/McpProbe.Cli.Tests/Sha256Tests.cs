using System.Security.Cryptography;
using McpProbe.Catalog;

namespace McpProbe.Cli.Tests;

public sealed class Sha256Tests
{
    [Fact]
    public void Finish_EveryLengthAroundTheBlocks_IsThePlatformsHash()
    {
        var sha = new Sha256();
        var bytes = new byte[300];
        new Random(1).NextBytes(bytes);
        var hash = new byte[CatalogHash.Length];

        for (var length = 0; length <= bytes.Length; length++)
        {
            sha.Append(bytes.AsSpan(0, length));
            sha.Finish(hash);
            Assert.Equal(SHA256.HashData(bytes.AsSpan(0, length)), hash);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(1000)]
    public void Append_InPieces_IsThePlatformsHash(int piece)
    {
        var sha = new Sha256();
        var bytes = new byte[10_000];
        new Random(piece).NextBytes(bytes);
        var hash = new byte[CatalogHash.Length];

        for (var start = 0; start < bytes.Length; start += piece)
            sha.Append(bytes.AsSpan(start, Math.Min(piece, bytes.Length - start)));
        sha.Finish(hash);

        Assert.Equal(SHA256.HashData(bytes), hash);
    }
}
