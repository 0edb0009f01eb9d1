using System.Globalization;
using System.Text;
using CsCheck;

namespace McpProbe.Tests.Fuzzing;

/// <summary>
/// Foreign bytes for the readers of foreign bytes: whole messages, and whole messages damaged. A failing case is printed with a seed
/// that repeats it (CsCheck_Seed).
/// </summary>
internal static class Fuzz
{
    /// <summary>Set to a number of seconds for each fuzzer to search longer than a test run has time for.</summary>
    private const string Long = "MCPPROBE_FUZZ_SECONDS";

    /// <summary>Of one fuzzer.</summary>
    public static readonly int Seconds =
        int.TryParse(Environment.GetEnvironmentVariable(Long), CultureInfo.InvariantCulture, out var seconds) ? seconds : 2;

    /// <summary>What breaks readers of JSON, of event streams and of lines.</summary>
    private static readonly byte[][] Splinters =
    [
        .. ((string[])[
            "\"", "\\", "{", "}", "[", "]", ":", ",", "null", "\n", "\r", "\r\n\r\n", "\0", "\uFEFF", "data:", "data: ", "event: endpoint\n", "id", ": ",
            "\\ud83d", "\"i\\ud83d\":1,", "\"tool\\udc00\":[],", "\\u0069d", "\"id\":4,", "\"result\":{},", "\"error\":{\"code\":1e999},",
            "\"supported\":[\"\\ud800\",1],", "1e999", "-0", "1E-400", "123456789012345678901234567890", "\"name\":\"\",", "\"nextCursor\":\"\",",
            new string('[', 300), new string(']', 300), "\"a\":{\"a\":1,\"a\":2},",
        ]).Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5], [0xE2, 0x80],
    ];

    /// <summary>A text with a few of its bytes changed, cut, doubled, or parted by splinters.</summary>
    public static Gen<byte[]> Damaged(params string[] texts) => Gen.Select(
        Gen.Int[0, texts.Length - 1].Select(i => Encoding.UTF8.GetBytes(texts[i])),
        Gen.Select(Gen.Int[0, 4], Gen.UInt, Gen.Int[0, 40], Gen.Int[0, Splinters.Length - 1]).Array[0, 6],
        (text, damages) => damages.Aggregate(text, (bytes, damage) => Damage(bytes, damage.Item1, (int)(damage.Item2 % (bytes.Length + 1u)), damage.Item3, damage.Item4)));

    public static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    /// <summary>The bytes cut into pieces, as a network delivers them.</summary>
    public static Gen<int[]> Pieces { get; } = Gen.Int[1, 40].Array[1, 12];

    private static byte[] Damage(byte[] bytes, int kind, int at, int length, int splinter)
    {
        length = Math.Min(length, bytes.Length - at);
        return kind switch
        {
            0 when at < bytes.Length => [.. bytes[..at], (byte)(bytes[at] ^ (1 << (length % 8))), .. bytes[(at + 1)..]],
            1 => [.. bytes[..at], .. bytes[(at + length)..]],
            2 => [.. bytes[..at], .. bytes[at..(at + length)], .. bytes[at..]],
            3 => bytes[..at],
            _ => [.. bytes[..at], .. Splinters[splinter], .. bytes[at..]],
        };
    }
}

/// <summary>Gives its bytes in pieces of the given sizes, again and again.</summary>
internal sealed class PiecemealStream(byte[] bytes, int[] pieces) : MemoryStream(bytes, writable: false)
{
    private int _reads;

    public override int Read(byte[] buffer, int offset, int count) =>
        base.Read(buffer, offset, Math.Min(count, pieces[_reads++ % pieces.Length]));

    // The base calls the other one.
    public override int Read(Span<byte> buffer)
    {
        var piece = new byte[buffer.Length];
        var read = Read(piece, 0, piece.Length);
        piece.AsSpan(0, read).CopyTo(buffer);
        return read;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));
}
