using Azure.Data.Tables;
using McpProbe.Functions.Storage;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>What the service refuses and the emulator takes.</summary>
public class EntityLimitsTests
{
    private static readonly TableClient Table = new("UseDevelopmentStorage=true", "state");

    [Theory]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a#b")]
    [InlineData("a?b")]
    [InlineData("a\tb")]
    [InlineData("a\u0085b")]
    public void Checked_AKeyWithARefusedCharacter_Throws(string key) =>
        Assert.Throws<InvalidOperationException>(() => EntityLimits.Checked(new TableEntity("p", key)));

    [Fact]
    public void Checked_AKeyOfMoreThanAKibibyte_Throws()
    {
        EntityLimits.Checked(new TableEntity("p", new string('x', 512)));
        Assert.Throws<InvalidOperationException>(() => EntityLimits.Checked(new TableEntity("p", new string('x', 513))));
    }

    [Fact]
    public void Checked_APropertyOfMoreThan64Kibibytes_Throws()
    {
        // Text is UTF-16 in the table.
        EntityLimits.Checked(new TableEntity("p", "r") { ["Text"] = new string('x', 32 << 10), ["Bytes"] = new byte[64 << 10] });
        Assert.Throws<InvalidOperationException>(() => EntityLimits.Checked(new TableEntity("p", "r") { ["Text"] = new string('x', (32 << 10) + 1) }));
        Assert.Throws<InvalidOperationException>(() => EntityLimits.Checked(new TableEntity("p", "r") { ["Bytes"] = new byte[(64 << 10) + 1] }));
    }

    [Fact]
    public void Checked_ARowOfMoreThanAMebibyte_Throws()
    {
        EntityLimits.Checked(Row("r", properties: 15));
        Assert.Throws<InvalidOperationException>(() => EntityLimits.Checked(Row("r", properties: 16)));
    }

    [Fact]
    public void Transaction_OfTwoPartitions_Throws() =>
        Assert.Throws<InvalidOperationException>(() => new RowTransaction(Table, "other").Upsert(new TableEntity("p", "r")));

    [Fact]
    public void Transaction_OfMoreThan100Rows_Throws()
    {
        var transaction = new RowTransaction(Table, "p");
        for (var number = 0; number < 100; number++)
            transaction.Upsert(new TableEntity("p", $"r{number}"));
        Assert.Throws<InvalidOperationException>(() => transaction.Upsert(new TableEntity("p", "one more")));
    }

    [Fact]
    public void Transaction_OfOneRowTwice_Throws()
    {
        var transaction = new RowTransaction(Table, "p");
        transaction.Upsert(new TableEntity("p", "r"));
        Assert.Throws<InvalidOperationException>(() => transaction.Delete("r", Azure.ETag.All));
    }

    [Fact]
    public void Transaction_OfMoreThan4Mebibytes_Throws()
    {
        // 15 × 64 KiB a row, a third more as base64: three rows fit.
        var transaction = new RowTransaction(Table, "p");
        for (var number = 0; number < 3; number++)
            transaction.Upsert(Row($"r{number}", properties: 15));
        Assert.Throws<InvalidOperationException>(() => transaction.Upsert(Row("r3", properties: 15)));
    }

    private static TableEntity Row(string key, int properties)
    {
        var row = new TableEntity("p", key);
        for (var number = 0; number < properties; number++)
            row[$"P{number}"] = new byte[64 << 10];
        return row;
    }
}
