using McpProbe.Web.Access;

namespace McpProbe.Web.Tests;

/// <summary>What is refused at start: keys that protect nothing, proxies that are none, half of a provider.</summary>
public sealed class AccessSettingsTests
{
    private const string Good = "0123456789abcdef";

    [Theory]
    [InlineData(Good, null, null)]
    [InlineData(Good, "0123456789abcdeg", null)]
    [InlineData("correct horse battery", null, null)]
    [InlineData(null, null, null)]
    [InlineData("0123456789abcde", null, "MCPPROBE_API_KEY is a key of 15 characters")]
    [InlineData("x", null, "MCPPROBE_API_KEY is a key of 1 characters")]
    [InlineData(Good, "short", "MCPPROBE_READ_KEY is a key of 5 characters")]
    [InlineData("", null, "MCPPROBE_API_KEY is set, but blank")]
    [InlineData("                 ", null, "MCPPROBE_API_KEY is set, but blank")]
    [InlineData(Good, " ", "MCPPROBE_READ_KEY is set, but blank")]
    [InlineData(Good + "\n", null, "MCPPROBE_API_KEY begins or ends with a space or a line break")]
    [InlineData(" " + Good, null, "MCPPROBE_API_KEY begins or ends with a space or a line break")]
    [InlineData("0123456789abcdeü", null, "MCPPROBE_API_KEY has characters")]
    [InlineData("0123456789\nabcdef", null, "MCPPROBE_API_KEY has characters")]
    [InlineData(Good, Good, "MCPPROBE_READ_KEY is the same key as MCPPROBE_API_KEY")]
    [InlineData(null, Good, "MCPPROBE_READ_KEY is set without MCPPROBE_API_KEY")]
    public void Keys_ThatProtectNothing_AreRefusedWithoutBeingTold(string? apiKey, string? readKey, string? says)
    {
        var mistakes = Mistakes(new() { ["MCPPROBE_API_KEY"] = apiKey, ["MCPPROBE_READ_KEY"] = readKey });
        if (says is null)
            Assert.Empty(mistakes);
        else
            Assert.StartsWith(says, Assert.Single(mistakes), StringComparison.Ordinal);
        Assert.DoesNotContain(mistakes, mistake => mistake.Contains("0123456789", StringComparison.Ordinal));
    }

    [Fact]
    public void Keys_BothWrong_AreBothTold() =>
        Assert.Equal(2, Mistakes(new() { ["MCPPROBE_API_KEY"] = "a", ["MCPPROBE_READ_KEY"] = "b" }).Count);

    [Theory]
    [InlineData("127.0.0.1, ::1,10.0.0.0/8", 3)]
    [InlineData("", 0)]
    [InlineData(null, 0)]
    public void Proxies_AddressesAndNetworks_AreRead(string? text, int count)
    {
        var mistakes = new List<(string, string)>();
        Assert.Equal(count, AccessSettings.ReadProxies(text, mistakes).Count);
        Assert.Empty(mistakes);
    }

    [Theory]
    [InlineData("proxy.example.com")]
    [InlineData("10.0.0.0/33")]
    [InlineData("0.0.0.0/0")]
    [InlineData("::/0")]
    [InlineData("10")]
    [InlineData("*")]
    public void Proxies_OfAnythingElse_AreRefused(string text) =>
        Assert.Contains($"'{text}'", Assert.Single(Mistakes(new() { ["MCPPROBE_TRUSTED_PROXIES"] = text })), StringComparison.Ordinal);

    [Fact]
    public void People_Complete_AreRead()
    {
        var mistakes = new List<(string, string)>();
        var people = AccessSettings.Read(Complete().GetValueOrDefault, new Uri("https://status.example.com"), "--public-url", mistakes).People;
        Assert.Empty(mistakes);
        Assert.Equal(("groups", "admins=all"), (people!.Administrators.Name, people.Administrators.Value));
        Assert.Equal("groups", people.Readers!.Name);
        Assert.Equal(["openid", "profile"], people.Scopes);
    }

    [Theory]
    [InlineData("MCPPROBE_OIDC_CLIENT_ID", null, "https://a.example", "MCPPROBE_OIDC_CLIENT_ID is missing")]
    [InlineData("MCPPROBE_OIDC_CLIENT_SECRET", " ", "https://a.example", "MCPPROBE_OIDC_CLIENT_SECRET is missing")]
    [InlineData("MCPPROBE_OIDC_AUTHORITY", null, "https://a.example", "MCPPROBE_OIDC_AUTHORITY is missing")]
    [InlineData("MCPPROBE_OIDC_AUTHORITY", "http://login.example.com", "https://a.example", "MCPPROBE_OIDC_AUTHORITY is no https address")]
    [InlineData("MCPPROBE_OIDC_AUTHORITY", "login.example.com", "https://a.example", "MCPPROBE_OIDC_AUTHORITY is no https address")]
    [InlineData("MCPPROBE_OIDC_ADMIN_CLAIM", null, "https://a.example", "MCPPROBE_OIDC_ADMIN_CLAIM is missing")]
    [InlineData("MCPPROBE_OIDC_ADMIN_CLAIM", "admins", "https://a.example", "MCPPROBE_OIDC_ADMIN_CLAIM is no name=value")]
    [InlineData("MCPPROBE_OIDC_ADMIN_CLAIM", "=admins", "https://a.example", "MCPPROBE_OIDC_ADMIN_CLAIM is no name=value")]
    [InlineData("MCPPROBE_OIDC_READ_CLAIM", "groups=", "https://a.example", "MCPPROBE_OIDC_READ_CLAIM is no name=value")]
    [InlineData("MCPPROBE_API_KEY", null, "https://a.example", "MCPPROBE_OIDC_AUTHORITY is set without MCPPROBE_API_KEY")]
    [InlineData("MCPPROBE_API_KEY", Good, null, "MCPPROBE_OIDC_AUTHORITY needs --public-url")]
    [InlineData("MCPPROBE_API_KEY", Good, "http://status.example.com", "MCPPROBE_OIDC_AUTHORITY needs --public-url")]
    public void People_Incomplete_AreRefused(string name, string? value, string? publicUrl, string says)
    {
        var settings = Complete();
        settings[name] = value;
        Assert.StartsWith(says, Assert.Single(Mistakes(settings, publicUrl)), StringComparison.Ordinal);
    }

    private static Dictionary<string, string?> Complete() => new()
    {
        ["MCPPROBE_API_KEY"] = Good,
        ["MCPPROBE_OIDC_AUTHORITY"] = "https://login.example.com",
        ["MCPPROBE_OIDC_CLIENT_ID"] = "mcpprobe",
        ["MCPPROBE_OIDC_CLIENT_SECRET"] = "hush",
        ["MCPPROBE_OIDC_ADMIN_CLAIM"] = "groups=admins=all",
        ["MCPPROBE_OIDC_READ_CLAIM"] = "groups=staff",
    };

    private static List<string> Mistakes(Dictionary<string, string?> settings, string? publicUrl = null)
    {
        var mistakes = new List<(string Setting, string What)>();
        AccessSettings.Read(settings.GetValueOrDefault, publicUrl is null ? null : new Uri(publicUrl), "--public-url", mistakes);
        return [.. mistakes.Select(mistake => $"{mistake.Setting} {mistake.What}")];
    }
}
