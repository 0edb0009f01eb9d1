using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Tests.Text;

public class SharedTests
{
    [Fact]
    public void Text_Equal_IsTheOneThatCameBefore()
    {
        var first = Shared.Text(Copy("2025-11-25"));

        Assert.Same(first, Shared.Text(Copy("2025-11-25")));
        Assert.NotSame(first, Shared.Text(Copy("2025-06-18")));
        Assert.Same(first, Shared.Text(Copy("2025-11-25")));
        Assert.Null(Shared.Text(null));
    }

    [Fact]
    public void Text_TooLongToBeAlike_IsLeftAsItIs()
    {
        var (one, other) = (new string('x', 1000), new string('x', 1000));

        Shared.Text(one);

        Assert.Same(other, Shared.Text(other));
    }

    [Fact]
    public void Value_Equal_IsTheOneThatCameBefore_AndNeverAnotherOne()
    {
        // More than there are places: what is forgotten is a copy more, and never a mistake.
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < 50_000; i++)
            {
                var server = new ServerIdentity($"server {i}", "1");
                Assert.Equal(server, Shared.Value(server));
            }
        }

        Assert.Same(Shared.Value(new ServerIdentity("a", "1")), Shared.Value(new ServerIdentity("a", "1")));
    }

    [Fact]
    public void List_EqualInWhatIsInIt_IsTheOneThatCameBefore()
    {
        var first = Shared.List<string>([Copy("a"), Copy("b")]);

        Assert.Same(first, Shared.List<string>([Copy("a"), Copy("b")]));
        Assert.Equal(["b", "a"], Shared.List<string>(["b", "a"]));
        Assert.Empty(Shared.List<string>([]));
    }

    private static string Copy(string text) => new(text.AsSpan());
}
