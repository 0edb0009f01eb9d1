using System.Text.Json;

namespace McpProbe.CrashTest.OneMachine;

/// <summary>What a living server says of itself.</summary>
internal sealed class ServerApi(string page) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = new Uri(page), Timeout = TimeSpan.FromSeconds(20) };

    /// <summary>Whether a probe has read the tools of the endpoint, and they are stored as its baseline.</summary>
    public async Task<bool> HasBaselineAsync(string endpointId)
    {
        using var answer = await _http.GetAsync(new Uri($"/api/endpoints/{endpointId}/catalog", UriKind.Relative));
        return answer.IsSuccessStatusCode;
    }

    /// <summary>Whether all incidents of the endpoint are resolved, and every step of each is recorded as delivered.</summary>
    public async Task<bool> IsAllToldAsync(string endpointId)
    {
        using var document = await JsonDocument.ParseAsync(
            await _http.GetStreamAsync(new Uri($"/api/endpoints/{endpointId}/incidents?limit=1000", UriKind.Relative)));
        return document.RootElement.GetProperty("incidents").EnumerateArray().All(each =>
        {
            var incident = each.GetProperty("incident");
            return incident.GetProperty("resolvedAt").ValueKind is not JsonValueKind.Null
                && each.GetProperty("deliveries").EnumerateArray().Count(row => row.GetProperty("status").GetString() == "delivered")
                    == incident.GetProperty("sequence").GetInt32();
        });
    }

    public void Dispose() => _http.Dispose();
}
