namespace McpProbe.Configuration.Reading;

/// <summary>One mistake in a probes file or a request body.</summary>
/// <param name="Source">The file's name as given, or <c>body</c>.</param>
/// <param name="Line">From 1; 0 for a mistake that has no place in the text, such as a variable that is not set.</param>
/// <param name="Column">As the line.</param>
/// <param name="Path">Where in the document, such as <c>endpoints[2].interval</c>; empty for the whole.</param>
/// <param name="Message">What is wrong and what would be right.</param>
public sealed record ConfigError(string Source, int Line, int Column, string Path, string Message)
{
    public override string ToString() =>
        $"{Source}:{(Line == 0 ? "" : $"{Line}:{Column}:")} {(Path.Length == 0 ? "" : Path + ": ")}{Message}";
}

/// <summary>A value, or every mistake that was found.</summary>
public sealed record Parsed<T>(T? Value, IReadOnlyList<ConfigError> Errors) where T : class;
