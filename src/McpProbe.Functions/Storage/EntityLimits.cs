using System.Text;
using Azure.Data.Tables;

namespace McpProbe.Functions.Storage;

/// <summary>
/// What Table Storage accepts ("Understanding the Table service data model"), checked before a request is sent: Azurite takes
/// more than the service does, so that only the guard finds the mistake before production.
/// </summary>
internal static class EntityLimits
{
    internal const int PropertyBytes = 64 << 10;
    internal const int EntityBytes = 1 << 20;
    internal const int TransactionBytes = 4 << 20;
    internal const int TransactionEntities = 100;
    private const int KeyBytes = 1 << 10;
    private const int Properties = 252;

    /// <exception cref="InvalidOperationException">The row can never be stored: the caller has a bug.</exception>
    internal static TableEntity Checked(TableEntity row)
    {
        CheckKey(row.PartitionKey);
        CheckKey(row.RowKey);
        if (row.Count > Properties)
            throw new InvalidOperationException($"Row {Name(row)} has {row.Count} properties; the table takes {Properties}.");
        foreach (var (name, value) in row)
        {
            if (value is not null && Size(value) > PropertyBytes)
                throw new InvalidOperationException($"Property {name} of row {Name(row)} has {Size(value)} bytes; the table takes {PropertyBytes}. Split it (Payload).");
        }

        if (Size(row) > EntityBytes)
            throw new InvalidOperationException($"Row {Name(row)} has {Size(row)} bytes; the table takes {EntityBytes}. Put its payload into a blob.");
        return row;
    }

    /// <summary>The service's own formula.</summary>
    internal static int Size(TableEntity row) => 4 + 2 * (row.PartitionKey.Length + row.RowKey.Length)
        + row.Where(property => property.Value is not null).Sum(property => 8 + 2 * property.Key.Length + Size(property.Value));

    /// <summary>At most what a row takes in a request's body: text may be escaped, and bytes are base64.</summary>
    internal static int WireSize(TableEntity row) => 1024 + row.Sum(property => property.Value switch
    {
        string text => 64 + property.Key.Length + 2 * Encoding.UTF8.GetByteCount(text),
        byte[] bytes => 64 + property.Key.Length + (bytes.Length + 2) / 3 * 4,
        _ => 64 + property.Key.Length,
    });

    private static int Size(object value) => value switch
    {
        string text => 2 * text.Length,
        byte[] bytes => bytes.Length,
        _ => 16,
    };

    private static void CheckKey(string key)
    {
        if (2 * key.Length > KeyBytes)
            throw new InvalidOperationException($"The key '{key[..64]}…' has {2 * key.Length} bytes; the table takes {KeyBytes}.");
        if (key.AsSpan().ContainsAny(@"/\#?") || key.Any(char.IsControl))
            throw new InvalidOperationException($"The key '{key}' holds a character that the table refuses.");
    }

    private static string Name(TableEntity row) => $"{row.PartitionKey}, {row.RowKey}";
}
