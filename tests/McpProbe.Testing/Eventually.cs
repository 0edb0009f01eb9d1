namespace McpProbe.Testing;

/// <summary>Waits for what happens on another thread or in another process: looks again and again until a deadline.</summary>
public static class Eventually
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(2);

    /// <param name="what">Said when it does not come true.</param>
    public static Task TrueAsync(Func<bool> condition, string what, TimeSpan? within = null) =>
        TrueAsync(() => Task.FromResult(condition()), what, within);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what, TimeSpan? within = null)
    {
        var time = TimeProvider.System;
        var (start, limit) = (time.GetTimestamp(), within ?? TimeSpan.FromSeconds(20));
        while (!await condition())
        {
            if (time.GetElapsedTime(start) > limit)
                Assert.Fail($"Not within {limit.TotalSeconds} s: {what}");
            await Task.Delay(Between, time, TestContext.Current.CancellationToken);
        }
    }
}
