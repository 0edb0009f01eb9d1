namespace McpProbe.Cli.Output;

internal static class Terminal
{
    /// <summary>Columns of the terminal; 100 where standard output is none.</summary>
    public static int Width()
    {
        try
        {
            return Console.IsOutputRedirected ? 100 : Console.WindowWidth;
        }
        catch (IOException)
        {
            return 100; // A terminal that does not tell.
        }
    }
}
