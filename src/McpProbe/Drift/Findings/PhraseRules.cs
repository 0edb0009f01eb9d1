using System.Buffers;
using System.Text.RegularExpressions;
using McpProbe.Model;

namespace McpProbe.Drift.Findings;

/// <summary>
/// Instructions to the model where a description should be. Precision comes first: a phrase alone is rarely enough, a hard
/// finding takes a directive, its object and its target in one sentence. What the text forbids is no finding; what it quotes or
/// describes as an attack is a soft one.
/// </summary>
/// <remarks>Longer than other files: it is mostly the list of the phrases.</remarks>
internal static class PhraseRules
{
    // Without one of these words no rule of the group can match. They are searched for in the whole text at once.
    private static readonly SearchValues<string> OverrideMarks = Marks("ignor", "disregard", "forget", "overrid", "bypass", "discard", "overrul", "follow", "supersede", "precedence", "you are now", "your new", "new system");
    private static readonly SearchValues<string> RoleMarks = Marks("<|", "INST]", "SYS>>", "_of_turn>", "SYSTEM", "PRIORITY_INST", "### Instruction", "Human:", "Assistant:", "<!--", "IMPORTANT", "HIDDEN", "SECRET]", "CRITICAL>", "OVERRIDE>", "INSTRUCTION");
    private static readonly SearchValues<string> SecrecyMarks = Marks("user", "human", "customer", "victim", "anyone", "anybody", "mention", "disclos", "secret", "silent", "covert", "surreptitious", "stealth", "admit");
    private static readonly SearchValues<string> FileMarks = Marks("ssh", "id_", ".aws", "etc/", "npmrc", "pypirc", "netrc", "pgpass", "git-credentials", "gnupg", ".kube", ".docker", "gcloud", "mcp.json", "claude_desktop", "wallet.dat", ".env", "_history");
    private static readonly SearchValues<string> DataMarks = Marks("conversation", "chat", "dialog", "message", "prompt", "credential", "key", "token", "password", "secret", "env", "cookie", "seed", "exfiltrat", "sensitive");
    private static readonly SearchValues<string> AddressMarks = Marks("@", "+1", "+2", "+3", "+4", "+5", "+6", "+7", "+8", "+9", "://", "redirect", "reroute", "route", "proxy", "tunnel", "forward", "send all");
    private static readonly SearchValues<string> CommandMarks = Marks("curl", "wget", "chmod", "bash", "powershell", "nc -", "eval", "rm -", "/dev/tcp", "cat ");
    private static readonly SearchValues<string> CrossToolMarks = Marks("tool", "_", "side effect", "called", "calling", "invok", "used", "using");
    private static readonly SearchValues<string> SoftMarks = Marks("tool", "function", "from now on", "password", "passphrase", "credential", "api key", "token", "private key", "seed phrase", "credit card", "social security", " pin");

    private static readonly SearchValues<char> SentenceEnds = SearchValues.Create(".!?\n");

    private const int Nearby = 100;

    /// <summary>Reports what a reading (<see cref="ReadText"/>) tells the model to do.</summary>
    /// <param name="names">The catalogue's own identifiers: a server may speak of its own tools.</param>
    public static void Find(ReadOnlySpan<char> reading, CatalogNames names, TextReport report)
    {
        var scan = new Scan(reading, names, report);
        if (reading.ContainsAny(RoleMarks)) scan.Roles();
        var groups = Groups(reading);
        if (groups == Group.None) return;
        for (var at = 0; at < reading.Length;)
        {
            var length = SentenceLength(reading[at..]);
            scan.Sentence(at, length, groups);
            at += length;
        }
    }

    private static Group Groups(ReadOnlySpan<char> reading) =>
        (reading.ContainsAny(OverrideMarks) ? Group.Override : 0)
        | (reading.ContainsAny(SecrecyMarks) ? Group.Secrecy : 0)
        | (reading.ContainsAny(FileMarks) ? Group.File : 0)
        | (reading.ContainsAny(DataMarks) ? Group.Data : 0)
        | (reading.ContainsAny(AddressMarks) ? Group.Address : 0)
        | (reading.ContainsAny(CommandMarks) ? Group.Command : 0)
        | (reading.ContainsAny(CrossToolMarks) ? Group.CrossTool : 0)
        | (reading.ContainsAny(SoftMarks) ? Group.Soft : 0);

    // To the end of the sentence, which a full stop ends only before white space, or of the paragraph.
    private static int SentenceLength(ReadOnlySpan<char> text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            at += text[at..].IndexOfAny(SentenceEnds) is var stop and >= 0 ? stop : text.Length - at;
            if (at >= text.Length) break;
            if (text[at] == '\n') return at + 1;
            if (at + 1 < text.Length && text[at + 1] is ' ' or '\n' && !IsAbbreviation(text[..at])) return at + 2;
        }

        return text.Length;
    }

    private static bool IsAbbreviation(ReadOnlySpan<char> before) =>
        before.EndsWith("e.g", StringComparison.OrdinalIgnoreCase) || before.EndsWith("i.e", StringComparison.OrdinalIgnoreCase)
        || before.EndsWith("etc", StringComparison.OrdinalIgnoreCase) || before.EndsWith(" vs", StringComparison.OrdinalIgnoreCase);

    private static SearchValues<string> Marks(params string[] marks) => SearchValues.Create(marks, StringComparison.OrdinalIgnoreCase);

    [Flags]
    private enum Group
    {
        None = 0,
        Override = 1,
        Secrecy = 2,
        File = 4,
        Data = 8,
        Address = 16,
        Command = 32,
        CrossTool = 64,
        Soft = 128,
    }

    private readonly ref struct Scan(ReadOnlySpan<char> reading, CatalogNames names, TextReport report)
    {
        private readonly ReadOnlySpan<char> _reading = reading;

        public void Sentence(int start, int length, Group groups)
        {
            var text = _reading.Slice(start, length);
            if (groups.HasFlag(Group.Override) && text.ContainsAny(OverrideMarks)) Override(start, text);
            if (groups.HasFlag(Group.Secrecy) && text.ContainsAny(SecrecyMarks)) Secrecy(start, text);
            if (groups.HasFlag(Group.File) && text.ContainsAny(FileMarks)) File(start, text);
            if (groups.HasFlag(Group.Data) && text.ContainsAny(DataMarks)) Data(start, text);
            if (groups.HasFlag(Group.Address) && text.ContainsAny(AddressMarks)) Address(start, text);
            if (groups.HasFlag(Group.Command) && text.ContainsAny(CommandMarks)) Command(start, text);
            if (groups.HasFlag(Group.CrossTool) && text.ContainsAny(CrossToolMarks)) CrossTool(start, text);
            if (groups.HasFlag(Group.Soft) && text.ContainsAny(SoftMarks)) SoftRules(start, text);
        }

        /// <summary>What is not bound to a sentence: comments, tags, the tokens and lines that set roles apart.</summary>
        public void Roles()
        {
            Match(FindingRules.ForgedRole, PhrasePatterns.TemplateToken(), 0, _reading);
            Match(FindingRules.ForgedRole, PhrasePatterns.ForgedSystem(), 0, _reading);
            if (First(PhrasePatterns.RoleLine(), _reading) is { Length: > 0 } line)
            {
                var rest = _reading.Slice(line.Index, Math.Min(Nearby * 2, _reading.Length - line.Index));
                var commands = rest.Contains("SYSTEM", StringComparison.Ordinal)
                    && (PhrasePatterns.CommentInstructs().IsMatch(rest[line.Length..]) || PhrasePatterns.Directive().IsMatch(rest));
                report.AddExcerpt(FindingRules.ForgedRole, commands ? LevelAt(line.Index, line.Length, 0) : FindingLevel.Soft, rest);
            }

            if (First(PhrasePatterns.AuthorityTag(), _reading) is { Length: > 0 } tag)
                report.AddExcerpt(FindingRules.InstructionTag, FindingLevel.Soft, _reading[tag.Index..]);
            Comments();
        }

        private void Comments()
        {
            const int mostComment = 600;
            for (var at = 0; _reading[at..].IndexOf("<!--") is var open and >= 0;)
            {
                at += open + 4;
                var rest = _reading[at..Math.Min(_reading.Length, at + mostComment)];
                var comment = rest.IndexOf("-->") is var close and >= 0 ? rest[..close] : rest;
                if (PhrasePatterns.CommentInstructs().IsMatch(comment) || PhrasePatterns.SendAllTo().IsMatch(comment))
                    report.AddExcerpt(FindingRules.HiddenComment, IsQuoted(at, comment.Length) ? FindingLevel.Soft : FindingLevel.Hard, comment.Trim());
                at += comment.Length;
            }
        }

        private void Override(int start, ReadOnlySpan<char> text)
        {
            OverrideUnlessInData(PhrasePatterns.IgnoreInstructions(), start, text);
            OverrideUnlessInData(PhrasePatterns.OverrideRules(), start, text);
            Match(FindingRules.InstructionOverride, PhrasePatterns.Supersedes(), start, text);
            Match(FindingRules.InstructionOverride, PhrasePatterns.NewRole(), start, text);
        }

        private void OverrideUnlessInData(Regex phrase, int start, ReadOnlySpan<char> text)
        {
            if (First(phrase, text) is { Length: > 0 } match && !PhrasePatterns.InData().IsMatch(text[(match.Index + match.Length)..]))
                Report(FindingRules.InstructionOverride, match, start, text);
        }

        private void Secrecy(int start, ReadOnlySpan<char> text)
        {
            if (!PhrasePatterns.IsAnOption().IsMatch(text)) Match(FindingRules.HidesFromUser, PhrasePatterns.NotTellUser(), start, text);
            Match(FindingRules.HidesFromUser, PhrasePatterns.NotMentionToUser(), start, text);
            Match(FindingRules.HidesFromUser, PhrasePatterns.NotMentionThat(), start, text);
            Match(FindingRules.HidesFromUser, PhrasePatterns.WithoutKnowledge(), start, text);
            Match(FindingRules.HidesFromUser, PhrasePatterns.Secretly(), start, text);
            Match(FindingRules.HidesFromUser, PhrasePatterns.KeepSecret(), start, text);
        }

        private void File(int start, ReadOnlySpan<char> text)
        {
            var beforehand = PhrasePatterns.Beforehand().IsMatch(text);
            if (First(PhrasePatterns.ReadSecretFile(), text) is { Length: > 0 } secret && beforehand)
                Report(FindingRules.SensitiveFile, secret, start, text);
            else if (First(PhrasePatterns.ReadAnyFile(), text) is { Length: > 0 } read)
            {
                var passedOn = PhrasePatterns.PassOn().IsMatch(text[read.Index..]);
                if (passedOn || beforehand)
                    Report(FindingRules.SensitiveFile, read, start, text, passedOn ? FindingLevel.Hard : FindingLevel.Soft);
            }
        }

        private void Data(int start, ReadOnlySpan<char> text)
        {
            Match(FindingRules.DataExfiltration, PhrasePatterns.SendData(), start, text);
            Match(FindingRules.DataExfiltration, PhrasePatterns.CredentialsInAnswer(), start, text);
            Match(FindingRules.DataExfiltration, PhrasePatterns.AlsoCredentials(), start, text);
            if (First(PhrasePatterns.Exfiltrate(), text) is { Length: > 0 } order && !PhrasePatterns.Describes().IsMatch(text[..order.Index]))
                Report(FindingRules.DataExfiltration, order, start, text);

            // A tool may well take the conversation as its argument, but not at every turn.
            if (PhrasePatterns.Everywhere().IsMatch(text)) Match(FindingRules.DataExfiltration, PhrasePatterns.PassConversation(), start, text);
        }

        private void Address(int start, ReadOnlySpan<char> text)
        {
            Match(FindingRules.RedirectedMessages, PhrasePatterns.CopyTo(), start, text);
            if (PhrasePatterns.EveryTime().IsMatch(text)) Match(FindingRules.RedirectedMessages, PhrasePatterns.BlindCopy(), start, text);
            if (!PhrasePatterns.Directive().IsMatch(text)) return;
            Match(FindingRules.RedirectedMessages, PhrasePatterns.RedirectAll(), start, text);
            if (First(PhrasePatterns.SendAllTo(), text) is { Length: > 0 } sent && !PhrasePatterns.Contact().IsMatch(text.Slice(sent.Index, sent.Length)))
                Report(FindingRules.RedirectedMessages, sent, start, text);
        }

        private void Command(int start, ReadOnlySpan<char> text)
        {
            Match(FindingRules.DictatedCommand, PhrasePatterns.StealingCommand(), start, text, quotable: false);
            Match(FindingRules.DictatedCommand, PhrasePatterns.CommandPrefix(), start, text, quotable: false);
            if (PhrasePatterns.MustRun().IsMatch(text)) Match(FindingRules.DictatedCommand, PhrasePatterns.PipeToShell(), start, text, quotable: false);
        }

        private void CrossTool(int start, ReadOnlySpan<char> text)
        {
            Match(FindingRules.CrossToolInstruction, PhrasePatterns.SideEffect(), start, text);
            Match(FindingRules.CrossToolInstruction, PhrasePatterns.AroundEveryTool(), start, text);
            if (!PhrasePatterns.WhenTool().IsMatch(text) || !PhrasePatterns.Tampers().IsMatch(text)) return;
            for (var match = PhrasePatterns.WhenTool().Match(text.ToString()); match.Success; match = match.NextMatch())
            {
                var end = match.Index + match.Length;
                var name = match.Groups["tool"];
                var before = text[match.Index..name.Index];
                var called = PhrasePatterns.CallsIt().IsMatch(before) || PhrasePatterns.IsCalled().IsMatch(text[end..]);
                if (!called && !PhrasePatterns.UsesIt().IsMatch(before) && !PhrasePatterns.IsUsed().IsMatch(text[end..])) continue;
                if (names.Contains(name.Value) || ToolWord.LevelOf(name.Value, called) is not { } level) continue;
                if (First(PhrasePatterns.Tampers(), text[end..]) is { Length: > 0 } tampering)
                    Report(FindingRules.CrossToolInstruction, new ValueSpan(match.Index, end - match.Index + tampering.Index + tampering.Length), start, text, level);
            }
        }

        private void SoftRules(int start, ReadOnlySpan<char> text)
        {
            Match(FindingRules.PushyInstruction, PhrasePatterns.Pushy(), start, text, FindingLevel.Soft);
            Match(FindingRules.AsksForCredentials, PhrasePatterns.AsksCredentials(), start, text, FindingLevel.Soft);
        }

        private void Match(
            FindingRule rule, Regex phrase, int start, ReadOnlySpan<char> text, FindingLevel most = FindingLevel.Hard, bool quotable = true)
        {
            if (First(phrase, text) is { Length: > 0 } match) Report(rule, match, start, text, most, quotable);
        }

        private void Report(
            FindingRule rule, ValueSpan match, int start, ReadOnlySpan<char> text, FindingLevel most = FindingLevel.Hard, bool quotable = true)
        {
            var before = text[Math.Max(0, match.Index - Nearby)..match.Index];
            if (PhrasePatterns.Negates().IsMatch(before)) return;
            var level = most == FindingLevel.Soft || PhrasePatterns.Describes().IsMatch(before) ? FindingLevel.Soft
                : quotable && IsQuoted(start + match.Index, match.Length) ? FindingLevel.Soft
                : FindingLevel.Hard;
            report.AddExcerpt(rule, level, text.Slice(match.Index, match.Length));
        }

        private FindingLevel LevelAt(int index, int length, int from) =>
            PhrasePatterns.Describes().IsMatch(_reading[Math.Max(from, index - Nearby)..index]) || IsQuoted(index, length) ? FindingLevel.Soft : FindingLevel.Hard;

        // Between quotation marks or in code, but for a text that is quoted as a whole.
        private bool IsQuoted(int index, int length)
        {
            var from = Math.Max(0, index - 4 * Nearby);
            if (_reading[from..index].LastIndexOf('\n') is var line and >= 0) from += line + 1;
            var before = _reading[from..index];
            var after = _reading[(index + length)..Math.Min(_reading.Length, index + length + 4 * Nearby)];
            foreach (var mark in "\"`")
            {
                var open = before.LastIndexOf(mark);
                if (open < 0 || before.Count(mark) % 2 == 0) continue;
                var close = after.IndexOf(mark);
                if (close >= 0 && (from + open > 0 || close < after.TrimEnd().Length - 1)) return true;
            }

            return IsSingleQuoted(before, after);
        }

        // An apostrophe stands between letters.
        private static bool IsSingleQuoted(ReadOnlySpan<char> before, ReadOnlySpan<char> after)
        {
            var open = before.LastIndexOf('\'');
            if (open < 1 || char.IsLetterOrDigit(before[open - 1]) || (open + 1 < before.Length && before[open + 1] == ' ')) return false;
            for (var at = after.IndexOf('\''); at >= 0;)
            {
                if (at + 1 == after.Length || !char.IsLetterOrDigit(after[at + 1])) return true;
                var next = after[(at + 1)..].IndexOf('\'');
                at = next < 0 ? -1 : at + 1 + next;
            }

            return false;
        }

        private static ValueSpan? First(Regex pattern, ReadOnlySpan<char> text)
        {
            foreach (var match in pattern.EnumerateMatches(text)) return new ValueSpan(match.Index, match.Length);
            return null;
        }
    }

    private readonly record struct ValueSpan(int Index, int Length);
}
