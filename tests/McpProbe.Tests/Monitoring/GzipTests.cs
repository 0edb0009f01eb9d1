using McpProbe.Monitoring;

namespace McpProbe.Tests.Monitoring;

public class GzipTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100_000)]
    public void Decompress_WhatWasCompressed_IsAsItWas(int length)
    {
        var content = new byte[length];
        new Random(1).NextBytes(content);

        Assert.Equal(content, Gzip.Decompress(new MemoryStream(Gzip.Compress(content))));
        Assert.InRange(Gzip.Compress(new byte[100_000]).Length, 1, 1000);
    }
}
