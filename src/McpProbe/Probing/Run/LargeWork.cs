using McpProbe.Text;

namespace McpProbe.Probing.Run;

/// <summary>
/// Working on a large answer takes several times its size, so only as many are worked on at once as there are processors. No
/// server can hold a place: its answer is all there.
/// </summary>
internal static class LargeWork
{
    /// <summary>Bytes from which on an answer counts as large.</summary>
    private const int Large = 256 * 1024;

    private static readonly SemaphoreSlim Places = new(Environment.ProcessorCount);

    /// <param name="bytes">Of the answer.</param>
    public static async ValueTask<TResult> RunAsync<TInput, TResult>(
        int bytes, TInput input, Func<TInput, TResult> work, CancellationToken cancellationToken)
    {
        if (bytes < Large)
            return work(input);

        await Places.WaitAsync(cancellationToken);
        try
        {
            return work(input);
        }
        finally
        {
            LargeGarbage.Count(8 * bytes);
            Places.Release();
        }
    }
}
