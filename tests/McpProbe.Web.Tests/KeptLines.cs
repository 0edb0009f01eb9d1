using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace McpProbe.Web.Tests;

/// <summary>Keeps what is logged.</summary>
public sealed class KeptLines : ILoggerProvider
{
    private readonly ConcurrentQueue<(string Category, LogLevel Level, string Line)> _lines = new();

    public IReadOnlyList<string> Of(string category) => [.. _lines.Where(each => each.Category.Contains(category, StringComparison.Ordinal)).Select(each => each.Line)];

    public ILogger CreateLogger(string categoryName) => new Keeper(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Keeper(KeptLines kept, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            kept._lines.Enqueue((category, logLevel, formatter(state, exception)));
    }
}
