using System.Globalization;

namespace McpProbe.Web.Pages.OneEndpoint;

/// <summary>Tokens in words.</summary>
internal static class TokenText
{
    internal const string Method = "The name, the description and the input schema as JSON, counted with the encoding o200k_base. Other models count otherwise.";

    internal static string Of(long tokens) => tokens switch
    {
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"about {tokens} tokens"),
        < 100_000 => string.Create(CultureInfo.InvariantCulture, $"about {tokens / 1000.0:0.0}k tokens"),
        _ => string.Create(CultureInfo.InvariantCulture, $"about {tokens / 1000}k tokens"),
    };
}
