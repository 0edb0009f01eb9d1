using System.Net;
using System.Text;
using System.Text.Json;
using McpProbe.Probing.Run;

namespace McpProbe.Probing.Protocol;

/// <summary>The body of a refusal: why, in the words of the server or of what stands before it.</summary>
internal static class RefusalBody
{
    /// <summary>A page of a firewall, with its styles, is a few KiB; what matters stands at its beginning.</summary>
    private const int MostBytes = 16 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>The members in which servers say it in JSON, RFC 9457 among them; the first of these that is there counts.</summary>
    private static readonly string[] Members = ["message", "error_description", "detail", "error", "reason", "title"];

    /// <summary>Whether the status leaves open what is the matter. The body of another final refusal is not waited for.</summary>
    public static bool Tells(int status) => status is 403 or 421 or 426 or 505;

    /// <summary>Its beginning, as far as it came in good time: how a refusal ends does not matter.</summary>
    public static async Task<string> ReadAsync(HttpResponseMessage response, ProbeRun run, CancellationToken cancellationToken)
    {
        var bytes = new byte[MostBytes];
        var filled = 0;
        var share = run.Deadline.Remaining / 4;
        using var timer = new CancellationTokenSource(share < Patience ? share : Patience, run.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(either.Token);
            while (filled < MostBytes && await body.ReadAsync(bytes.AsMemory(filled), either.Token) is var read and > 0)
                filled += read;
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested
            && error is OperationCanceledException or IOException or HttpRequestException or InvalidDataException)
        {
            run.Log("the body of the refusal was not read to its end");
        }

        return Text(bytes.AsSpan(0, filled));
    }

    /// <summary>The beginning of a body that was read whole.</summary>
    public static string Text(ReadOnlySpan<byte> body) => Encoding.UTF8.GetString(body[..Math.Min(body.Length, MostBytes)]);

    /// <summary>What it says to a reader: a JSON body's message, a page's text, or the text itself. Not cleaned yet.</summary>
    public static string Words(string body) => Message(body) ?? (body.Contains('<', StringComparison.Ordinal) ? WithoutTags(body) : body);

    /// <summary>What servers answer to plain HTTP on a port of TLS: nginx, Go, Apache, Tomcat and others each say it in their way.</summary>
    public static bool IsOfTlsPort(string body) =>
        body.Contains("plain HTTP request was sent to HTTPS", StringComparison.OrdinalIgnoreCase)
        || body.Contains("HTTP request to an HTTPS", StringComparison.OrdinalIgnoreCase)
        || body.Contains("speaking plain HTTP to an SSL", StringComparison.OrdinalIgnoreCase)
        || body.Contains("requires TLS", StringComparison.OrdinalIgnoreCase);

    private static string? Message(string body)
    {
        if (!body.AsSpan().TrimStart().TrimStart('\uFEFF').StartsWith("{"))
            return null;

        try
        {
            using var document = JsonDocument.Parse(body.TrimStart('\uFEFF'));
            return Message(document.RootElement);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // Not JSON, or text with half a surrogate pair.
            return null;
        }
    }

    private static string? Message(JsonElement said)
    {
        foreach (var name in Members)
        {
            if (!said.TryGetProperty(name, out var value))
                continue;
            if (value.ValueKind is JsonValueKind.String)
                return value.GetString();
            if (value.ValueKind is JsonValueKind.Object && Message(value) is { } inner)
                return inner;
        }

        return null;
    }

    private static string WithoutTags(string page)
    {
        var text = new StringBuilder();
        for (var i = 0; i < page.Length;)
        {
            if (page[i] != '<')
            {
                text.Append(page[i++]);
                continue;
            }

            // What stands between these tags is for machines.
            var closing = (string?)null;
            foreach (var name in (string[])["script", "style", "!--"])
            {
                if (string.Compare(page, i + 1, name, 0, name.Length, StringComparison.OrdinalIgnoreCase) == 0)
                    closing = name == "!--" ? "-->" : $"</{name}";
            }

            var end = page.IndexOf(closing ?? ">", i, StringComparison.OrdinalIgnoreCase);
            if (end < 0)
                break;
            text.Append(' ');
            i = closing is null ? end + 1 : end + closing.Length;
        }

        return WebUtility.HtmlDecode(text.ToString());
    }
}
