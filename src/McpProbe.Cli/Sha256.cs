using System.Buffers.Binary;
using System.Numerics;
using McpProbe.Catalog;

namespace McpProbe.Cli;

/// <summary>
/// SHA-256 (FIPS 180-4, 6.2) without a library of the system. .NET's own loads OpenSSL, which takes a third of the time of a
/// one-shot check; a catalogue has a few KB to hash.
/// </summary>
internal sealed class Sha256 : CatalogHash
{
    private const int BlockLength = 64;

    private static readonly uint[] Constants =
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    private static readonly uint[] InitialState =
        [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

    private readonly uint[] _state = [.. InitialState];
    private readonly byte[] _block = new byte[BlockLength];
    private int _filled;
    private ulong _length;

    /// <inheritdoc/>
    public override void Append(ReadOnlySpan<byte> bytes)
    {
        _length += (ulong)bytes.Length;
        if (_filled > 0)
        {
            var taken = Math.Min(BlockLength - _filled, bytes.Length);
            bytes[..taken].CopyTo(_block.AsSpan(_filled));
            _filled += taken;
            bytes = bytes[taken..];
            if (_filled < BlockLength)
                return;
            Compress(_block);
            _filled = 0;
        }

        for (; bytes.Length >= BlockLength; bytes = bytes[BlockLength..])
            Compress(bytes[..BlockLength]);
        bytes.CopyTo(_block);
        _filled = bytes.Length;
    }

    /// <inheritdoc/>
    public override void Finish(Span<byte> hash)
    {
        var bits = _length * 8;
        _block[_filled++] = 0x80;
        if (_filled > BlockLength - sizeof(ulong))
        {
            _block.AsSpan(_filled).Clear();
            Compress(_block);
            _filled = 0;
        }

        _block.AsSpan(_filled).Clear();
        BinaryPrimitives.WriteUInt64BigEndian(_block.AsSpan(BlockLength - sizeof(ulong)), bits);
        Compress(_block);

        for (var i = 0; i < _state.Length; i++)
            BinaryPrimitives.WriteUInt32BigEndian(hash[(i * sizeof(uint))..], _state[i]);
        InitialState.CopyTo(_state, 0);
        (_filled, _length) = (0, 0);
    }

    private void Compress(ReadOnlySpan<byte> block)
    {
        Span<uint> schedule = stackalloc uint[64];
        for (var t = 0; t < 16; t++)
            schedule[t] = BinaryPrimitives.ReadUInt32BigEndian(block[(t * sizeof(uint))..]);
        for (var t = 16; t < 64; t++)
        {
            var (w2, w15) = (schedule[t - 2], schedule[t - 15]);
            var small1 = BitOperations.RotateRight(w2, 17) ^ BitOperations.RotateRight(w2, 19) ^ (w2 >> 10);
            var small0 = BitOperations.RotateRight(w15, 7) ^ BitOperations.RotateRight(w15, 18) ^ (w15 >> 3);
            schedule[t] = small1 + schedule[t - 7] + small0 + schedule[t - 16];
        }

        var (a, b, c, d) = (_state[0], _state[1], _state[2], _state[3]);
        var (e, f, g, h) = (_state[4], _state[5], _state[6], _state[7]);
        for (var t = 0; t < 64; t++)
        {
            var big1 = BitOperations.RotateRight(e, 6) ^ BitOperations.RotateRight(e, 11) ^ BitOperations.RotateRight(e, 25);
            var one = h + big1 + ((e & f) ^ (~e & g)) + Constants[t] + schedule[t];
            var big0 = BitOperations.RotateRight(a, 2) ^ BitOperations.RotateRight(a, 13) ^ BitOperations.RotateRight(a, 22);
            var two = big0 + ((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (g, f, e, d + one, c, b, a, one + two);
        }

        _state[0] += a;
        _state[1] += b;
        _state[2] += c;
        _state[3] += d;
        _state[4] += e;
        _state[5] += f;
        _state[6] += g;
        _state[7] += h;
    }
}
