namespace McpProbe.Server;

internal static class HostLifetime
{
    /// <summary>Waits until the host listens.</summary>
    /// <returns>False when it ends before it ever did.</returns>
    public static async Task<bool> WhenStartedAsync(this IHostApplicationLifetime lifetime, CancellationToken stopping)
    {
        var started = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var onStarted = lifetime.ApplicationStarted.Register(() => started.TrySetResult(true));
        await using var onStopping = stopping.Register(() => started.TrySetResult(false));
        return await started.Task;
    }
}
