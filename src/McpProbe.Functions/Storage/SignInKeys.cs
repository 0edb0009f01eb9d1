using System.Xml.Linq;
using Azure.Data.Tables;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace McpProbe.Functions.Storage;

/// <summary>
/// The keys that protect the cookies of people who signed in with a provider: in the product's store, so that every instance reads
/// what another wrote. Whoever may read the store could make such cookies, and could write the store as well.
/// </summary>
internal sealed class SignInKeys(TableClient table) : IXmlRepository
{
    private const string Xml = "Xml";

    // The framework asks for nothing asynchronous here; it asks once, and then once a day.
    public IReadOnlyCollection<XElement> GetAllElements() =>
    [
        .. table.Query<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {Keys.SignInKeysPartition}"))
            .Select(row => XElement.Parse(row.GetString(Xml))),
    ];

    public void StoreElement(XElement element, string friendlyName) => table.AddEntity(
        new TableEntity(Keys.SignInKeysPartition, Guid.NewGuid().ToString("N")) { [Xml] = element.ToString(SaveOptions.DisableFormatting) });
}
