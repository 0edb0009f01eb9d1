namespace McpProbe.Web.Api;

/// <summary>Pages of what a store lists from its newest on.</summary>
internal static class Paging
{
    /// <summary>
    /// What is older than <paramref name="before"/>, newest first, and where the next page begins. Those of one instant stay on one page,
    /// since the next one begins before an instant. These histories are short: what is newer is read again for each page.
    /// </summary>
    /// <param name="read">The newest so many.</param>
    internal static async Task<(IReadOnlyList<T> Page, string? Next)> NewestFirstAsync<T>(
        Func<int, Task<IReadOnlyList<T>>> read, Func<T, DateTimeOffset> at, DateTimeOffset? before, int limit)
    {
        for (var count = limit + 1; ; count *= 4)
        {
            var all = await read(count);
            var older = all.Where(one => !(at(one) >= before)).ToList();
            var page = older.TakeWhile((one, i) => i < limit || at(one) == at(older[limit - 1])).ToList();
            if (page.Count < older.Count)
                return (page, Query.Cursor(at(page[^1])));
            if (all.Count < count)
                return (page, null);
        }
    }
}
