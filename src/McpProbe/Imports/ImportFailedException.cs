using McpProbe.Model;

namespace McpProbe.Imports;

/// <summary>A source could not be read to its end. Thrown by sources and caught where an import begins, which then changes nothing.</summary>
/// <param name="exitCode">One of <see cref="ExitCodes"/>.</param>
/// <param name="message">What happened, where, and what to do: a sentence without secrets.</param>
public sealed class ImportFailedException(int exitCode, string message) : Exception(message)
{
    public int ExitCode => exitCode;

    public static ImportFailedException File(string message) => new(ExitCodes.Usage, message);

    public static ImportFailedException Unreachable(string message) => new(ExitCodes.Unreachable, message);

    public static ImportFailedException WrongAnswer(string message) => new(ExitCodes.NotHealthy, message);
}
