using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace McpProbe.Web.Access;

/// <summary>
/// Wrong keys are answered later and later, by the caller's address and over all callers; where too many wait already, at once with
/// 429. A right key is never made to wait and never refused, whatever others sent from the same address: so nobody locks anybody
/// out. What keeps a key from being guessed is its length; this keeps guessing slow and cheap to bear. The memory is fixed.
/// </summary>
internal sealed class WrongKeys(TimeProvider time, ILogger<WrongKeys> logger)
{
    private const int Slots = 4096;

    /// <summary>A person who mistypes waits for nothing.</summary>
    private const int FreeOfOne = 5;
    private const int FreeOfAll = 60;
    private const int MostWaitingOfOne = 8;
    private const int MostWaiting = 128;

    private static readonly TimeSpan DropOfOne = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan DropOfAll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan LogEvery = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Slot[] _slots = new Slot[Slots];
    private Leak _all;
    private int _waiting;
    private int _unlogged;
    private long? _logged;

    private struct Slot
    {
        public Leak Wrong;
        public int Waiting;
    }

    /// <summary>Counts a wrong key, and waits until it may be answered.</summary>
    /// <returns>What to answer with 429 instead, when too many wait; else null.</returns>
    internal async Task<string?> WaitAsync(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        var slot = SlotOf(address);
        TimeSpan wait;
        lock (_lock)
        {
            Say(address);
            var ofOne = WaitFor(_slots[slot].Wrong.Add(time, DropOfOne, FreeOfOne + 10) - FreeOfOne);
            var ofAll = WaitFor(_all.Add(time, DropOfAll, FreeOfAll + 60) - FreeOfAll);
            wait = ofOne > ofAll ? ofOne : ofAll;
            if (wait == TimeSpan.Zero)
                return null;
            if (_slots[slot].Waiting >= MostWaitingOfOne || _waiting >= MostWaiting)
                return TooMany(context, wait);
            _slots[slot].Waiting++;
            _waiting++;
        }

        try
        {
            await Task.Delay(wait, time, context.RequestAborted);
            return null;
        }
        finally
        {
            lock (_lock)
            {
                _slots[slot].Waiting--;
                _waiting--;
            }
        }
    }

    private static TimeSpan WaitFor(double tooMany) =>
        tooMany <= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(Math.Pow(2, Math.Min(Math.Ceiling(tooMany), 10) - 1), LongestWait.TotalSeconds));

    private static string TooMany(HttpContext context, TimeSpan wait)
    {
        context.Response.Headers[HeaderNames.RetryAfter] = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return "The key that was sent is none that is set, and too many wrong ones came lately. A right key is answered at once: check its value before trying again.";
    }

    // Hashes are seeded anew by every process: nobody chooses whose slot is theirs. One who has an IPv6 network has one slot.
    private static int SlotOf(IPAddress? address)
    {
        if (address is null)
            return 0;
        var bytes = address.GetAddressBytes().AsSpan();
        var hash = new HashCode();
        hash.AddBytes(address.AddressFamily is AddressFamily.InterNetworkV6 ? bytes[..8] : bytes);
        return (int)((uint)hash.ToHashCode() % Slots);
    }

    // The first at once, then a line a minute.
    private void Say(IPAddress? address)
    {
        _unlogged++;
        if (_logged is { } last && time.GetElapsedTime(last) < LogEvery)
            return;
        Log.WrongKeys(logger, _unlogged, address);
        _unlogged = 0;
        _logged = time.GetTimestamp();
    }
}
