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
    public static long At(ImportDefinition import, DateTimeOffset now)
    {
        var phase = BitConverter.ToUInt32(SHA256.HashData(Encoding.UTF8.GetBytes($"{Environment.MachineName}\n{import.Name}"))) / (double)uint.MaxValue;
        return (long)Math.Floor((double)now.UtcTicks / import.Interval.Ticks - phase);
    }
}
