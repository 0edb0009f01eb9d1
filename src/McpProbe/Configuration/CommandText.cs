using System.Text;

namespace McpProbe.Configuration;

/// <summary>Splits a command as a POSIX shell would (Shell Command Language, 2.2), without expanding anything.</summary>
public static class CommandText
{
    /// <summary>The words, or what is wrong: an open quotation mark, a backslash at the end.</summary>
    public static CommandLineOutcome Split(string command)
    {
        var words = new List<string>();
        StringBuilder? word = null;
        for (var i = 0; i < command.Length; i++)
        {
            var c = command[i];
            switch (c)
            {
                case '\'' or '"':
                    word ??= new StringBuilder();
                    var close = ReadQuoted(command, i, word);
                    if (close < 0) return new CommandLineOutcome(null, $"the quotation mark {c} at character {i + 1} is not closed");
                    i = close;
                    break;
                case '\\' when i + 1 == command.Length:
                    return new CommandLineOutcome(null, "a backslash at the end escapes nothing");
                case '\\':
                    (word ??= new StringBuilder()).Append(command[++i]);
                    break;
                case ' ' or '\t' or '\n' or '\r':
                    if (word is not null) words.Add(word.ToString());
                    word = null;
                    break;
                default:
                    (word ??= new StringBuilder()).Append(c);
                    break;
            }
        }

        if (word is not null) words.Add(word.ToString());
        return new CommandLineOutcome(words, null);
    }

    // Returns the index of the closing mark; -1 when there is none.
    private static int ReadQuoted(string command, int open, StringBuilder word)
    {
        for (var i = open + 1; i < command.Length; i++)
        {
            if (command[i] == command[open]) return i;
            if (command[open] == '"' && command[i] == '\\' && i + 1 < command.Length && command[i + 1] is '"' or '\\' or '$' or '`') i++;
            word.Append(command[i]);
        }

        return -1;
    }
}

public sealed record CommandLineOutcome(IReadOnlyList<string>? Words, string? Error);
