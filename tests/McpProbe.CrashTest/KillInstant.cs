using McpProbe.CrashTest.Truth;

namespace McpProbe.CrashTest;

/// <summary>When to kill.</summary>
internal static class KillInstant
{
    /// <summary>Waits for a random instant of a life; half of them a moment after a message or a probe has arrived.</summary>
    /// <param name="ready">The process listens.</param>
    public static async Task WaitAsync(
        Random random, TimeSpan longestLife, ScriptedEndpoints endpoints, Receiver receiver, Task ready, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var trigger = random.Next(4);
        if (trigger <= 1)
        {
            await Task.Delay(longestLife * random.NextDouble(), time, cancellationToken);
            return;
        }

        var happened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var skip = random.Next(trigger == 2 ? 2 : 12);
        var moment = TimeSpan.FromMilliseconds(random.NextDouble() * (trigger == 2 ? 25 : 15));
        void Happen()
        {
            if (ready.IsCompleted && Interlocked.Decrement(ref skip) < 0)
                happened.TrySetResult();
        }
        if (trigger == 2)
            receiver.Arrived += Happen;
        else
            endpoints.Probed += Happen;
        try
        {
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(happened.Task, Task.Delay(longestLife, time, enough.Token));
            await enough.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
            await Task.Delay(moment, time, cancellationToken);
        }
        finally
        {
            receiver.Arrived -= Happen;
            endpoints.Probed -= Happen;
        }
    }
}
