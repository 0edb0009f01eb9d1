using System.Text;

namespace McpProbe.Cli.Tests.Documents;

/// <summary>
/// The simple commands of a shell script, each as its words: quotes, continued lines, comments, pipes, lists, groups and
/// redirections as POSIX has them (Shell Command Language, 2.2 to 2.9); an expansion becomes a word that could stand there.
/// </summary>
internal sealed class ShellScript
{
    private static readonly string[] Reserved = ["!", "{", "}", "do", "done", "then", "else", "elif", "fi", "if", "while", "until"];

    private readonly string _text;
    private readonly List<List<string>> _commands = [[]];
    private StringBuilder? _word;
    private bool _redirects;
    private int _at;

    private ShellScript(string text) => _text = text;

    public static IReadOnlyList<IReadOnlyList<string>> Commands(string text)
    {
        var script = new ShellScript(text.Replace("\\\n", "", StringComparison.Ordinal));
        while (script._at < script._text.Length)
            script.Step();
        script.EndWord();
        return [.. script._commands.Where(words => words.Count > 0)];
    }

    private StringBuilder Word => _word ??= new StringBuilder();

    private void Step()
    {
        var c = _text[_at++];
        switch (c)
        {
            case '\'':
                var end = _text.IndexOf('\'', _at);
                Word.Append(_text, _at, end - _at);
                _at = end + 1;
                break;
            case '"':
                Quoted();
                break;
            case '\\':
                Word.Append(_text[_at++]);
                break;
            case '$':
                Word.Append(Expansion());
                break;
            case '#' when _word is null:
                while (_at < _text.Length && _text[_at] != '\n')
                    _at++;
                break;
            case ' ' or '\t':
                EndWord();
                break;
            case '>' or '<':
                // A number before it is a file descriptor.
                if (_word?.ToString() is "1" or "2")
                    _word = null;
                EndWord();
                while (_at < _text.Length && _text[_at] is '>' or '&')
                    _at++;
                _redirects = true;
                break;
            case '\n' or ';' or '|' or '&' or '(' or ')':
                EndWord();
                _commands.Add([]);
                break;
            default:
                Word.Append(c);
                break;
        }
    }

    private void Quoted()
    {
        for (_ = Word; _text[_at] != '"'; _at++)
        {
            if (_text[_at] == '$')
            {
                _at++;
                Word.Append(Expansion());
                _at--;
                continue;
            }

            if (_text[_at] == '\\' && _text[_at + 1] is '"' or '\\' or '$' or '`')
                _at++;
            Word.Append(_text[_at]);
        }

        _at++;
    }

    /// <summary>What an expansion is replaced with, the dollar sign behind us.</summary>
    private string Expansion()
    {
        var from = _at;
        if (_at < _text.Length && _text[_at] is '{' or '(')
        {
            for (var depth = 0; ; _at++)
            {
                depth += _text[_at] is '{' or '(' ? 1 : _text[_at] is '}' or ')' ? -1 : 0;
                if (depth == 0)
                    break;
            }

            _at++;
        }
        else
        {
            while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] == '_'))
                _at++;
        }

        return _text[from.._at].Contains("URL", StringComparison.Ordinal) ? "https://mcp.example.com/mcp" : "10.0.0.1";
    }

    private void EndWord()
    {
        if (_word is null)
            return;
        var words = _commands[^1];
        // What follows a reserved word begins a command; a file to redirect to is no argument.
        if (!_redirects && !(words.Count == 0 && Reserved.Contains(_word.ToString())))
            words.Add(_word.ToString());
        _redirects = false;
        _word = null;
    }
}
