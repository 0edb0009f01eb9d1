using System.Net;
using System.Text.RegularExpressions;

namespace McpProbe.Testing;

/// <summary>A browser with cookies of its own that follows redirects and fills in the provider's forms.</summary>
public sealed partial class SignInBrowser(Uri pages) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer(), UseProxy = false });

    public async Task<(HttpStatusCode Status, string Path, string Text)> SignInAsync(string name, string returnTo, bool stopBeforeCallback = false)
    {
        var at = new Uri(pages, "/sign-in/provider?return=" + Uri.EscapeDataString(returnTo));
        HttpContent? form = null;
        for (var step = 0; step < 20; step++)
        {
            if (stopBeforeCallback && at.AbsolutePath == "/sign-in/callback")
                return (HttpStatusCode.OK, at.PathAndQuery, "");
            using var request = new HttpRequestMessage(form is null ? HttpMethod.Get : HttpMethod.Post, at) { Content = form };
            request.Headers.Add("Accept", "text/html");
            using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
            form = null;
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            if (response.Headers.Location is { } next)
            {
                at = new Uri(at, next);
            }
            else if (at.Port != pages.Port && Prompt().Match(text) is { Success: true } prompt)
            {
                form = new FormUrlEncodedContent([new("prompt", prompt.Groups[1].Value), new("login", name), new("password", "any")]);
                at = new Uri(at, Action().Match(text).Groups[1].Value);
            }
            else
            {
                return (response.StatusCode, at.AbsolutePath, WebUtility.HtmlDecode(text));
            }
        }

        throw new InvalidOperationException($"The sign-in does not end; it is at {at}.");
    }

    public async Task<string> TextAsync(string path)
    {
        using var response = await SendAsync(HttpMethod.Get, path);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? json = null, Uri? origin = null, string? key = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(pages, path)) { Content = json is null ? null : new StringContent(json) };
        if (origin is not null)
            request.Headers.TryAddWithoutValidation("Origin", origin.GetLeftPart(UriPartial.Authority));
        if (key is not null)
            request.Headers.Add("X-Api-Key", key);
        return await _http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public void Dispose() => _http.Dispose();

    [GeneratedRegex("name=\"prompt\" value=\"([a-z]+)\"")]
    private static partial Regex Prompt();

    [GeneratedRegex("<form[^>]* action=\"([^\"]+)\"")]
    private static partial Regex Action();
}
