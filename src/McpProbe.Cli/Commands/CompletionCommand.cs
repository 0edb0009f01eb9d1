using System.CommandLine;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Cli.Commands;

/// <summary><c>mcpprobe completion</c>: the script that teaches a shell to complete; it asks <see cref="CompleteCommand"/> at every Tab.</summary>
internal sealed class CompletionCommand : Command
{
    private static readonly (string Shell, string Script)[] Scripts =
    [
        ("bash", """
            _mcpprobe() {
              local line=${COMP_LINE:0:COMP_POINT} part=${COMP_WORDS[COMP_CWORD]} words
              read -r -a words <<< "$line"
              [[ $line == *[[:space:]] ]] && words+=("")
              mapfile -t COMPREPLY < <(mcpprobe complete -- "${words[@]:1}" 2>/dev/null)
              # bash parts words at '=' and ':', and replaces only the last part.
              local last=${words[-1]}
              local head=${last%"$part"}
              [[ $part == [=:] ]] && head=$last
              COMPREPLY=("${COMPREPLY[@]#"$head"}")
            }
            complete -o default -F _mcpprobe mcpprobe
            """),
        ("zsh", """
            #compdef mcpprobe
            _mcpprobe() {
              local -a found
              found=("${(@f)$(mcpprobe complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
              found=("${(@)found:#}")
              if (( ${#found} )); then compadd -- "${(@)found}"; else _files; fi
            }
            if [[ $funcstack[1] == _mcpprobe ]]; then _mcpprobe "$@"; else compdef _mcpprobe mcpprobe; fi
            """),
        ("fish", """
            function __mcpprobe_complete
                set -l words (commandline -opc) (commandline -ct)
                mcpprobe complete -- $words[2..-1] 2>/dev/null
            end
            complete -c mcpprobe -a '(__mcpprobe_complete)'
            """),
        ("powershell", """
            Register-ArgumentCompleter -Native -CommandName mcpprobe -ScriptBlock {
                param($word, $command, $position)
                $words = @($command.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $position } | ForEach-Object { "$_" })
                mcpprobe complete -- @words "$word" 2>$null | ForEach-Object {
                    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
                }
            }
            """),
    ];

    private static readonly string[] Shells = [.. Scripts.Select(script => script.Shell)];

    private readonly Argument<string> _shell = new("SHELL") { Description = $"{string.Join(", ", Shells[..^1])} or {Shells[^1]}", HelpName = string.Join('|', Shells) };

    public CompletionCommand()
        : base("completion", "Print the script that makes a shell complete mcpprobe's commands and options")
    {
        Arguments.Add(_shell);
        Validators.Add(result =>
        {
            if (MonitorOptions.Word(result.GetResult(_shell)) is { } word && !Shells.Contains(word))
                result.AddError($"SHELL: there is no script for '{word}'{Suggestion.For(word, Shells)}");
        });
        SetAction(async (parsed, _) =>
        {
            await Console.Out.WriteLineAsync(Scripts.First(script => script.Shell == parsed.GetValue(_shell)).Script);
            return ExitCodes.Ok;
        });
    }
}
