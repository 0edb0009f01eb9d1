using McpProbe.Text;

namespace McpProbe.Tests.Text;

public sealed class PooledBufferTests
{
    private const int FirstPiece = 16 * 1024;
    private const int FurtherPiece = 64 * 1024;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(FirstPiece - 1)]
    [InlineData(FirstPiece)]
    [InlineData(FirstPiece + 1)]
    [InlineData(FirstPiece + FurtherPiece)]
    [InlineData(FirstPiece + 3 * FurtherPiece + 5)]
    public async Task ReadToEndAsync_AnyLength_GivesAllBytes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        using var stream = new MemoryStream(bytes);

        using var buffer = await PooledBuffer.ReadToEndAsync(stream, TestContext.Current.CancellationToken);

        Assert.Equal(bytes, buffer.Memory.ToArray());
    }
}
