using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using McpProbe.Testing;
using Microsoft.Data.Sqlite;

namespace McpProbe.Server.Tests.EndToEnd;

/// <summary>
/// A server that takes its keys in the URL and repeats its URL wherever it can. The key reaches the server, and nothing else that
/// the head writes, stores, shows or sends: it is searched for in all of it.
/// </summary>
public sealed class SecretsNowhereTests : IDisposable
{
    private const string Key = "the-key-of-the-api-0123456789";
    private const string Marker = "m4rker/of&the=secret?#%";
    private const string Literal = "l1teral-value-of-the-query";
    private const string Child = "ch1ld-secret-of-a-command";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly TempDirectory _temp = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task SecretOfAUrl_ReachesTheServerAndNothingElse()
    {
        var trouble = 0;
        var asked = new ConcurrentQueue<string>();
        await using var watched = await StubServer.StartAsync(context => RepeatingServer.AnswerAsync(context, asked, Volatile.Read(ref trouble)));
        var bodies = new ConcurrentQueue<string>();
        await using var receiver = await StubServer.StartAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            bodies.Enqueue(await reader.ReadToEndAsync(context.RequestAborted));
        });
        await using var inbox = await RealServer.StartAsync([RealServers.Script("../smtp-inbox.mjs")], "127.0.0.1", RealServer.FreePort(), "/");
        var file = _temp.File("probes.json");
        await File.WriteAllTextAsync(file, $$$"""
            {
              "defaults": {"interval":"1s","timeout":"1s","failureThreshold":1,"visibility":"public","channels":["hook","mail"],"alerts":{"flapping":false,"drift":"info"}},
              "channels": [
                {"name":"hook","type":"webhook","url":"{{{receiver.Url}}}/hook"},
                {"name":"mail","type":"email","url":"smtp://127.0.0.1:{{{inbox.Port}}}","from":"a@example.com","to":["b@example.com"]}
              ],
              "endpoints": [
                {"id":"a","url":"{{{watched.Url}}}/p/${env:MARKER}/mcp?key=${env:MARKER}"},
                {"id":"literal","url":"{{{watched.Url}}}/mcp?key={{{Literal}}}","driftPolicy":"review"},
                {"id":"hidden","url":"{{{watched.Url}}}/h1dden-path/mcp","hideUrl":true},
                {"id":"child","command":["sh","-c","echo \"token is $TOKEN\" >&2; exit 1"],"environment":{"TOKEN":"${env:CHILD}"}}
              ]
            }
            """, Token);
        await using var server = await ServerProcess.ListenAsync(
            new Dictionary<string, string> { ["MARKER"] = Marker, ["CHILD"] = Child, ["MCPPROBE_API_KEY"] = Key },
            "--probes", file, "--data", _temp.File("data"));

        await Eventually.TrueAsync(() => asked.Any(target => target.StartsWith("/p/", StringComparison.Ordinal)), "the server is asked", Patience);
        // Every way in which it can repeat what it was asked with: a redirect, a refusal, an error, other tools.
        for (var kind = 1; kind <= 4; kind++)
        {
            Volatile.Write(ref trouble, kind);
            await Eventually.TrueAsync(async () => await OpenAsync(server) == 4, $"incidents of trouble {kind}", Patience);
            Volatile.Write(ref trouble, 0);
            // That of the command stays.
            await Eventually.TrueAsync(async () => await OpenAsync(server) == 1, $"the end of trouble {kind}", Patience);
        }

        await Eventually.TrueAsync(() => bodies.Count(body => body.Contains("incident.resolved", StringComparison.Ordinal)) >= 12, "all alerts", Patience);
        await Eventually.TrueAsync(() => inbox.Output.Contains('{', StringComparison.Ordinal), "mail", Patience);
        var open = await ReadAsync(server, ["/", "/endpoints/a", "/endpoints/literal", "/endpoints/hidden", "/endpoints/child", "/api/status", "/api/health"], key: null);
        var told = string.Join('\n', bodies) + inbox.Output + Decoded(inbox.Output);
        var all = open + told + server.Everything + await ReadAsync(
            server,
            [
                "/", "/channels", "/api/channels", "/api/deliveries", "/api/endpoints",
                .. new[] { "a", "literal", "hidden", "child" }.SelectMany(id => new[]
                {
                    $"/endpoints/{id}", $"/api/endpoints/{id}", $"/api/endpoints/{id}/results", $"/api/endpoints/{id}/incidents", $"/api/endpoints/{id}/drift",
                    $"/api/endpoints/{id}/catalog",
                }),
            ],
            Key);
        var check = await SendAsync(server, HttpMethod.Post, "/api/check", """{"id":"a"}""", Key);
        Assert.Contains("\"target\"", check, StringComparison.Ordinal);
        await server.TerminateAsync();
        await server.ExitAsync();
        all += check + server.Everything + await StoredAsync();

        Assert.Contains($"/p/{Uri.EscapeDataString(Marker)}/mcp?key={Uri.EscapeDataString(Marker)}", asked);
        Assert.Contains("***", told, StringComparison.Ordinal);
        foreach (var secret in new[] { Marker, Uri.EscapeDataString(Marker), "m4rker", Child })
            Assert.True(!all.Contains(secret, StringComparison.OrdinalIgnoreCase), $"'{secret}' shows: {SecretSearch.Around(all, secret)}");
        foreach (var secret in new[] { Literal, "h1dden-path" })
            Assert.True(!(open + told).Contains(secret, StringComparison.OrdinalIgnoreCase), $"'{secret}' shows to everybody: {SecretSearch.Around(open + told, secret)}");
    }

    private static async Task<string> ReadAsync(ServerProcess server, IEnumerable<string> paths, string? key)
    {
        var all = new StringBuilder();
        foreach (var path in paths)
            all.Append(path).Append(": ").AppendLine(await SendAsync(server, HttpMethod.Get, path, null, key));
        return SecretSearch.Readable(all.ToString());
    }

    private static async Task<string> SendAsync(ServerProcess server, HttpMethod method, string path, string? json, string? key)
    {
        using var client = new HttpClient { BaseAddress = server.Page };
        using var request = new HttpRequestMessage(method, path) { Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json") };
        if (key is not null)
            request.Headers.Add("X-Api-Key", key);
        using var response = await client.SendAsync(request, Token);
        return await response.Content.ReadAsStringAsync(Token);
    }

    private static async Task<int> OpenAsync(ServerProcess server) =>
        JsonDocument.Parse(await SendAsync(server, HttpMethod.Get, "/api/status", null, null)).RootElement.GetProperty("counts").GetProperty("openIncidents").GetInt32();

    // Quoted-printable and base64 parts of mails.
    private static string Decoded(string mails) => mails.Replace("=\\r\\n", "", StringComparison.Ordinal).Replace("=3D", "=", StringComparison.Ordinal);

    /// <summary>Every byte of the data directory, and every value in the database, unpacked.</summary>
    private async Task<string> StoredAsync()
    {
        var all = new StringBuilder();
        foreach (var path in Directory.GetFiles(_temp.File("data")))
            all.Append(Encoding.Latin1.GetString(await File.ReadAllBytesAsync(path, Token)));
        await using var database = new SqliteConnection($"Data Source={Path.Combine(_temp.File("data"), "mcpprobe.db")};Mode=ReadOnly;Pooling=False");
        await database.OpenAsync(Token);
        var tables = new List<string>();
        await ForEachRowAsync(database, "SELECT name FROM sqlite_master WHERE type = 'table'", row => tables.Add(row.GetString(0)));
        Assert.NotEmpty(tables);
        foreach (var table in tables)
        {
            await ForEachRowAsync(database, $"SELECT * FROM \"{table}\"", row =>
            {
                for (var i = 0; i < row.FieldCount; i++)
                    all.AppendLine(row.GetValue(i) is byte[] bytes ? SecretSearch.Unpacked(bytes) : row.GetValue(i).ToString());
            });
        }

        return all.ToString();
    }

    private static async Task ForEachRowAsync(SqliteConnection database, string query, Action<SqliteDataReader> read)
    {
        await using var command = database.CreateCommand();
#pragma warning disable CA2100 // Names of tables, from the database itself.
        command.CommandText = query;
#pragma warning restore CA2100
        await using var rows = await command.ExecuteReaderAsync(Token);
        while (await rows.ReadAsync(Token))
            read(rows);
    }
}
