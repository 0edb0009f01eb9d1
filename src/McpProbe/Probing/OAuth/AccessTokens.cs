using System.Security.Cryptography;
using System.Text;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Net;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Run;

namespace McpProbe.Probing.OAuth;

/// <summary>
/// The tokens of one prober, in memory only, by a hash of everything that they depend on, the secret included: a rotated secret
/// gets a new token. Probes that need the same token at once share one request.
/// </summary>
internal sealed class AccessTokens(int capacity = AccessTokens.DefaultCapacity)
{
    /// <summary>More than the endpoints that one machine watches (20,000).</summary>
    public const int DefaultCapacity = 25_000;

    private readonly Dictionary<string, Slot> _slots = [];

    /// <summary>A token for the endpoint, and whether it was here already.</summary>
    /// <exception cref="ProbeFailedException">There is none to be had; the message says why.</exception>
    public async Task<(AccessToken Token, bool Cached)> GetAsync(
        ProbeRun run, RequestHeaders headers, ConnectTarget target, TlsMaterial tls, CancellationToken cancellationToken)
    {
        var client = TokenClient.Resolve(run, headers, target, tls);
        var key = KeyOf(run.Endpoint, client, headers, tls);
        var slot = SlotOf(key);
        if (slot.Token is { } fresh && run.Time.GetUtcNow() < fresh.RefreshAt)
            return (fresh, true);

        await EnterAsync(slot, run, cancellationToken);
        try
        {
            var held = slot.Token;
            if (held is not null && run.Time.GetUtcNow() < held.RefreshAt)
                return (held, true);
            if (held is not null && run.Time.GetUtcNow() < held.ExpiresAt)
                return await RefreshAsync(slot, held, client, run, cancellationToken);

            slot.Token = await client.FetchAsync(key, cancellationToken);
            return (slot.Token, false);
        }
        finally
        {
            slot.Gate.Release();
            if (slot.Token is null)
                Drop(key, slot);
        }
    }

    /// <summary>A server refused it: never again.</summary>
    public void Forget(AccessToken token)
    {
        lock (_slots)
        {
            if (_slots.TryGetValue(token.Key, out var slot) && slot.Token?.Value == token.Value)
                _slots.Remove(token.Key);
        }
    }

    /// <summary>Gets the next token; as long as the old one works, that the token endpoint does not is no reason to fail.</summary>
    private static async Task<(AccessToken, bool)> RefreshAsync(
        Slot slot, AccessToken held, TokenClient client, ProbeRun run, CancellationToken cancellationToken)
    {
        // An endpoint that hangs must leave the probe its time.
        using var patience = new CancellationTokenSource(run.Deadline.Remaining / 4, run.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            slot.Token = await client.FetchAsync(held.Key, either.Token);
            return (slot.Token, false);
        }
        catch (ProbeFailedException failed)
        {
            run.Log($"token not refreshed, using the old one: {failed.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            run.Log("token not refreshed in time, using the old one");
        }

        // Tried again half-way to its end, and so on: not by every probe.
        var now = run.Time.GetUtcNow();
        slot.Token = held with { RefreshAt = now + (held.ExpiresAt - now) / 2 };
        return (slot.Token, true);
    }

    private static async Task EnterAsync(Slot slot, ProbeRun run, CancellationToken cancellationToken)
    {
        try
        {
            await slot.Gate.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (run.Deadline.HasExpired)
        {
            throw new ProbeFailedException(FailureKind.Timeout,
                "Another probe waits for the same OAuth token, which did not come in time; look at the token endpoint's load, or raise the timeout.");
        }
    }

    private Slot SlotOf(string key)
    {
        lock (_slots)
        {
            if (_slots.TryGetValue(key, out var slot))
                return slot;
            if (_slots.Count >= capacity)
                _slots.Remove(_slots.MinBy(held => held.Value.Token?.ExpiresAt ?? DateTimeOffset.MaxValue).Key);
            return _slots[key] = new Slot();
        }
    }

    private void Drop(string key, Slot slot)
    {
        lock (_slots)
        {
            if (_slots.TryGetValue(key, out var current) && current == slot)
                _slots.Remove(key);
        }
    }

    private static string KeyOf(Endpoint endpoint, TokenClient client, RequestHeaders headers, TlsMaterial tls)
    {
        // Not Uri.ToString, which unescapes. The length before each part keeps two lists of parts from meeting in one text.
        string?[] parts =
        [
            endpoint.Url!.AbsoluteUri, endpoint.ConnectTo, endpoint.Insecure ? "insecure" : null, endpoint.Transport.ToString(), tls.Fingerprint,
            client.Id, client.Secret, endpoint.OAuth!.TokenUrl?.AbsoluteUri, endpoint.OAuth.Issuer?.OriginalString, endpoint.OAuth.Scope,
            .. headers.Lines,
        ];
        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(parts.Select(part => $"{part?.Length ?? -1}:{part}")))));
    }

    private sealed class Slot
    {
        private AccessToken? _token;

        public SemaphoreSlim Gate { get; } = new(1, 1);

        /// <summary>Read without the gate, written inside it.</summary>
        public AccessToken? Token
        {
            get => Volatile.Read(ref _token);
            set => Volatile.Write(ref _token, value);
        }
    }
}
