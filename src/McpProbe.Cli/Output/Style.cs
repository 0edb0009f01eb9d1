namespace McpProbe.Cli.Output;

/// <summary>Colours for a terminal, or none: every method returns its text as it is when colour is off.</summary>
internal readonly record struct Style(bool Colour)
{
    /// <summary>Colour if standard output is a terminal that knows colour and the user has not asked for none (no-color.org).</summary>
    public static Style OfStandardOutput() => new(
        !Console.IsOutputRedirected
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") is not "dumb");

    public string Bold(string text) => Paint("1", text);

    public string Dim(string text) => Paint("2", text);

    public string Red(string text) => Paint("31", text);

    public string Green(string text) => Paint("32", text);

    public string Yellow(string text) => Paint("33", text);

    public string Cyan(string text) => Paint("36", text);

    private string Paint(string code, string text) => Colour ? $"\e[{code}m{text}\e[0m" : text;
}
