using McpProbe.Monitoring;

namespace McpProbe.Tests.Monitoring;

public class RetentionTests
{
    [Fact]
    public void Read_NothingSet_IsTheDefault()
    {
        var (retention, mistakes) = Read();

        Assert.Empty(mistakes);
        Assert.Equal(new Retention(35, 400, 1826, 400), retention);
    }

    [Theory]
    [InlineData("results=1 hourly=16 daily=16 incidents=1")]
    [InlineData("results=400 hourly=400 daily=400 incidents=400")]
    [InlineData("results=36500 hourly=36500 daily=36500 incidents=36500")]
    public void Read_TheBounds_AreTaken(string settings) => Assert.Empty(Read(settings).Mistakes);

    [Theory]
    [InlineData("results=0", "results")]
    [InlineData("hourly=15", "hourly")]
    [InlineData("daily=15", "daily")]
    [InlineData("incidents=36501", "incidents")]
    [InlineData("results=+5", "results")]
    [InlineData("results=99999999999999999999", "results")]
    [InlineData("results=36", "")]
    [InlineData("results=401", "results results")]
    [InlineData("hourly=2000", "hourly")]
    [InlineData("results=0 hourly=x daily=-1 incidents=1.0", "results hourly daily incidents")]
    public void Read_WhatMakesNoSense_IsAllNamedAtOnce(string settings, string mistaken)
    {
        var (retention, mistakes) = Read(settings);

        Assert.Equal(mistaken.Split(' ', StringSplitOptions.RemoveEmptyEntries), mistakes.Select(each => each.Key));
        Assert.True(mistakes.Count == 0 || retention == Retention.Default);
    }

    // A century back is a date still.
    [Fact]
    public void From_TheLongest_IsADate() =>
        Assert.Equal(1926, new Retention(36500, 36500, 36500, 36500).DailyFrom(new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero)).Year);

    private static (Retention Retention, IReadOnlyList<(string Key, string Mistake)> Mistakes) Read(string settings = "")
    {
        var set = settings.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(each => each.Split('=')).ToDictionary(each => each[0], each => each[1]);
        return Retention.Read(key => set.GetValueOrDefault(key), key => $"--keep-{key}");
    }
}
