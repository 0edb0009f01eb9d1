using System.Security.Cryptography;
using System.Text;
using McpProbe.Configuration.Reading;

namespace McpProbe.Imports.Planning;

/// <summary>Ids for what is imported, from names alone, so that they are the same at every import.</summary>
internal static class EndpointIds
{
    private const int Most = 63;

    /// <summary>Such as <c>io.github.ann.weather</c> for <c>io.github.ann/weather</c>.</summary>
    /// <param name="name">The server's.</param>
    /// <param name="address">The address of one that is not the server's first; null for the first.</param>
    public static string Of(string name, string? address)
    {
        var id = new StringBuilder();
        // What another name could have become too gets a mark of the name itself.
        var isPlain = address is null;
        foreach (var c in name)
        {
            if (char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-')
                id.Append(c);
            else if (char.IsAsciiLetterUpper(c))
                (isPlain, _) = (false, id.Append(char.ToLowerInvariant(c)));
            else
                (isPlain, _) = (isPlain && c == '/', id.Append(c == '/' ? '.' : '-'));
        }

        var plain = id.ToString().TrimStart('.', '-');
        return isPlain && IdRules.IsId(plain) && plain.Length == name.Length ? plain : WithMark(plain, address is null ? name : $"{name}\n{address}");
    }

    /// <summary>Another one, when somebody else has the id.</summary>
    public static string WithMark(string id, string of)
    {
        var mark = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(of)))[..8];
        var start = (id.Length > Most - 9 ? id[..(Most - 9)] : id).TrimEnd('.', '-');
        return start.Length == 0 ? $"server-{mark}" : $"{start}-{mark}";
    }
}
