using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace McpProbe.Functions.Tests;

/// <summary>Keeps what is logged.</summary>
internal sealed class KeptLog : ILoggerProvider
{
    private readonly ConcurrentQueue<(string Category, LogLevel Level, string Text)> _records = new();

    internal IReadOnlyList<(string Category, LogLevel Level, string Text)> Records => [.. _records];

    /// <summary>Takes the place of the logging that tests do without.</summary>
    internal void Use(IServiceCollection services) =>
        services.AddSingleton(LoggerFactory.Create(logging => logging.AddProvider(this))).AddSingleton(typeof(ILogger<>), typeof(Logger<>));

    public ILogger CreateLogger(string categoryName) => new Kept(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Kept(KeptLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log._records.Enqueue((category, logLevel, formatter(state, exception)));
    }
}
