using System.CommandLine;
using System.Text;
using McpProbe.Cli.Commands;

namespace McpProbe.Cli.Output;

/// <summary>The manual page, in the macros of man(7), from the same descriptions as the help.</summary>
internal static class ManPage
{
    public static string Render()
    {
        var page = new StringBuilder();
        page.Append($".TH MCPPROBE 1 \"\" \"mcpprobe {CommandLine.Version}\" \"User Commands\"\n");
        Section(page, "NAME").Append("mcpprobe \\- ").Append(Text(CommandLine.Purpose.ToLowerInvariant().Replace("mcp", "MCP", StringComparison.Ordinal).TrimEnd('.'))).Append('\n');
        Section(page, "SYNOPSIS").Append(".B mcpprobe\n.I COMMAND\n[\\fIOPTIONS\\fR]\n");
        Section(page, "DESCRIPTION").Append(Text("It completes the protocol with a server, reads its whole tool catalogue, and says whether an agent can work with it. "
            + "Results go to standard output, everything else to standard error.")).Append('\n');
        Section(page, "COMMANDS");
        foreach (var command in CommandLine.Visible)
            Command(page, command);
        Section(page, "EXIT STATUS");
        foreach (var line in CommandLine.ExitCodeLines)
            Item(page, line.Code, line.Meaning);
        Section(page, "EXAMPLES");
        foreach (var command in CommandLine.Visible)
        {
            foreach (var example in Examples.Of(command.Name))
                page.Append(".PP\n.EX\n").Append(Text(example)).Append("\n.EE\n");
        }

        return page.ToString();
    }

    private static void Command(StringBuilder page, Command command)
    {
        var words = string.Concat(command.Arguments.Select(argument => $" {argument.Name}"));
        page.Append(".SS mcpprobe ").Append(Text(command.Name + words)).Append('\n').Append(Text($"{command.Description}.")).Append('\n');
        foreach (var argument in command.Arguments.Where(argument => argument.Description is not null))
            Item(page, argument.Name, argument.Description!);
        foreach (var option in command.Options.Where(option => option.Description is not null && option.Name != "--help"))
            Item(page, string.Join(", ", [option.Name, .. option.Aliases]) + (option.HelpName is { } value ? $" {value}" : ""), option.Description!);
    }

    private static StringBuilder Section(StringBuilder page, string name) => page.Append(".SH ").Append(name).Append('\n');

    private static void Item(StringBuilder page, string word, string meaning) =>
        page.Append(".TP\n\\fB").Append(Text(word)).Append("\\fR\n").Append(Text(meaning)).Append('\n');

    /// <summary>Text of which no character is a command of roff.</summary>
    private static string Text(string text)
    {
        var line = text.ReplaceLineEndings(" ").Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal);
        return line.StartsWith('.') || line.StartsWith('\'') ? $"\\&{line}" : line;
    }
}
