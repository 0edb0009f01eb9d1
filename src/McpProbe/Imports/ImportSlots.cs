using System.Security.Cryptography;
using System.Text;
using McpProbe.Configuration;

namespace McpProbe.Imports;

/// <summary>
/// When an import is due: at slots of its interval, whose phase its name decides. So a head that restarts does not ask again at once, and
/// heads do not all ask at the full hour.
/// </summary>
public static class ImportSlots
{
    /// <summary>The number of the slot that is open; it is due when it has another one than at the last look.</summary>
    /// <param name="head">Tells heads apart, which have phases of their own.</param>
    public static long At(ImportDefinition import, string head, DateTimeOffset now)
    {
        var phase = BitConverter.ToUInt32(SHA256.HashData(Encoding.UTF8.GetBytes($"{head}\n{import.Name}"))) / (double)uint.MaxValue;
        return (long)Math.Floor((double)now.UtcTicks / import.Interval.Ticks - phase);
    }
}
