using McpProbe.Model;

namespace McpProbe.Tests.Model;

public class ExitCodesTests
{
    private static readonly int[] InOrder = [2, 4, 3, 1, 8, 5, 6, 7];

    [Theory]
    [InlineData(0)]
    [InlineData(0, 0, 0)]
    [InlineData(6, 0, 6)]
    [InlineData(6, 7, 6)]
    [InlineData(5, 6, 5, 7)]
    [InlineData(8, 5, 6, 8)]
    [InlineData(1, 8, 1, 5)]
    [InlineData(3, 1, 3)]
    [InlineData(4, 3, 4, 6)]
    [InlineData(2, 4, 2, 3, 1, 8, 5, 6, 7)]
    public void First_Several_IsTheFirstOfTheFixedOrder(int expected, params int[] codes) => Assert.Equal(expected, ExitCodes.First(codes));

    [Fact]
    public void First_EveryCombination_IsTheFirstOfTheFixedOrder()
    {
        for (var combination = 0; combination < 1 << InOrder.Length; combination++)
        {
            // The least first, so that the order of what is given differs from the order that counts.
            var codes = InOrder.Where((_, i) => (combination & (1 << i)) != 0).Order().ToList();
            var expected = InOrder.FirstOrDefault(codes.Contains);

            Assert.Equal(expected, ExitCodes.First(codes));
            Assert.Equal(expected, ExitCodes.First(codes.Prepend(0).Reverse()));
        }
    }

    [Fact]
    public void First_SomethingElse_IsABug() => Assert.Throws<ArgumentOutOfRangeException>(() => ExitCodes.First([6, 70]));
}
