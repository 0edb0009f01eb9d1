using System.Buffers;
using System.Globalization;
using System.Text;
using McpProbe.Model;

namespace McpProbe.Drift.Findings;

/// <summary>
/// Characters that a model reads and a reviewer does not see, each class a rule of its own. What scripts and emoji need is left
/// alone: joiners in Arabic and Indic words and in emoji, the flags of England, Scotland and Wales, variants of ideographs,
/// direction marks beside right-to-left letters.
/// </summary>
internal static class HiddenCharacters
{
    // Fewer stray marks are an accident of copying; more can carry a message.
    private const int StrayMarks = 8;
    private const int StraySelectors = 4;

    private static readonly SearchValues<char> Plain = SearchValues.Create(
        [.. "\t\n\r", .. Enumerable.Range(' ', '~' - ' ' + 1).Select(value => (char)value)]);

    /// <summary>Reports what the text hides, once a rule.</summary>
    public static void Find(ReadOnlySpan<char> text, TextReport report)
    {
        var start = text.IndexOfAnyExcept(Plain);
        if (start >= 0) new Scan(text).Run(start, report);
    }

    private ref struct Scan(ReadOnlySpan<char> text)
    {
        private readonly ReadOnlySpan<char> _text = text;
        private Tally _zeroWidth;
        private Tally _bidi;
        private Tally _marks;
        private Tally _tags;
        private Tally _privateUse;
        private Tally _selectors;
        private Tally _controls;
        private Tally _softHyphens;
        private Tally _surrogates;
        private int _isolates;
        private bool _selectorRun;
        private bool _rightToLeft;
        private StringBuilder? _message;

        public void Run(int start, TextReport report)
        {
            var previous = start == 0 ? default : new Rune(_text[start - 1]);
            for (var at = start; at < _text.Length;)
            {
                if (Rune.DecodeFromUtf16(_text[at..], out var rune, out var length) != OperationStatus.Done)
                {
                    _surrogates.Add(_text[at]);
                    previous = default;
                    at++;
                    continue;
                }

                at += length;
                if (rune.Value == 0x1F3F4 && FlagLength(_text[at..]) is var flag and > 0) at += flag;
                else Judge(previous, rune, Next(at));
                previous = rune;
            }

            Report(report);
        }

        private void Judge(Rune previous, Rune rune, Rune next)
        {
            switch (rune.Value)
            {
                case < 0x7F and not (< 0x20 and not ('\t' or '\n' or '\r')):
                    break;
                case < 0x20 or (>= 0x7F and <= 0x9F):
                    _controls.Add(rune.Value);
                    break;
                case 0xAD:
                    _softHyphens.Add(rune.Value);
                    break;
                case 0x200C or 0x200D:
                    if (!Joins(previous, rune, next)) _zeroWidth.Add(rune.Value);
                    break;
                case 0x200B:
                    // Where words have no spaces it marks where a line may break.
                    if (!IsSoutheastAsian(previous) && !IsSoutheastAsian(next) && !IsIdeographic(previous)) _zeroWidth.Add(rune.Value);
                    break;
                case 0x034F:
                    if (Rune.GetUnicodeCategory(next) != UnicodeCategory.NonSpacingMark) _zeroWidth.Add(rune.Value);
                    break;
                case 0x115F or 0x1160:
                    if (next.Value is not (>= 0x1100 and <= 0x11FF)) _zeroWidth.Add(rune.Value);
                    break;
                case 0x180E or (>= 0x180B and <= 0x180F):
                    if (previous.Value is not (>= 0x1807 and <= 0x18AA)) _zeroWidth.Add(rune.Value);
                    break;
                case (>= 0x2060 and <= 0x2065) or (>= 0x206A and <= 0x206F) or 0xFEFF or 0x3164 or 0xFFA0 or (>= 0xFFF9 and <= 0xFFFB)
                    or 0x17B4 or 0x17B5 or (>= 0x1D173 and <= 0x1D17A):
                    _zeroWidth.Add(rune.Value);
                    break;
                case >= 0x202A and <= 0x202E:
                    _bidi.Add(rune.Value);
                    break;
                case >= 0x2066 and <= 0x2069:
                    _bidi.Add(rune.Value);
                    _isolates++;
                    break;
                case 0x200E or 0x200F or 0x061C:
                    _marks.Add(rune.Value);
                    break;
                case >= 0xE0000 and <= 0xE007F:
                    _tags.Add(rune.Value);
                    if (rune.Value >= 0xE0020) Spell((char)(rune.Value - 0xE0000));
                    break;
                case (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0100 and <= 0xE01EF):
                    Selector(previous, rune);
                    break;
                case (>= 0xE000 and <= 0xF8FF) or (>= 0xF0000 and <= 0x10FFFF):
                    _privateUse.Add(rune.Value);
                    break;
                default:
                    _rightToLeft |= IsRightToLeft(rune.Value);
                    break;
            }
        }

        private void Selector(Rune previous, Rune rune)
        {
            var follows = IsSelector(previous);
            var varies = !follows && previous.Value > 0x7F && !Rune.IsWhiteSpace(previous)
                || (rune.Value is 0xFE0E or 0xFE0F && previous.Value is '#' or '*' or (>= '0' and <= '9'));
            if (varies) return;
            _selectors.Add(rune.Value);
            _selectorRun |= follows;
            var value = rune.Value < 0xE0100 ? rune.Value - 0xFE00 : rune.Value - 0xE0100 + 16;
            if (value is >= 0x20 and < 0x7F) Spell((char)value);
        }

        private void Spell(char character)
        {
            _message ??= new StringBuilder();
            if (_message.Length < TextReport.MostExcerpt) _message.Append(character);
        }

        private readonly void Report(TextReport report)
        {
            var spelt = _message is { Length: >= 3 } ? $" They spell '{TextReport.Shown(_message.ToString())}'." : "";
            Add(report, FindingRules.ControlCharacter, FindingLevel.Hard, _controls);
            Add(report, FindingRules.ZeroWidth, IsOnlyAByteOrderMark ? FindingLevel.Soft : FindingLevel.Hard, _zeroWidth);
            Add(report, FindingRules.BidiControl, _rightToLeft && _isolates == _bidi.Count ? FindingLevel.Soft : FindingLevel.Hard, _bidi);
            Add(report, FindingRules.TagCharacter, FindingLevel.Hard, _tags, spelt);
            Add(report, FindingRules.VariationSelectors,
                _selectorRun || _selectors.Count >= StraySelectors ? FindingLevel.Hard : FindingLevel.Soft, _selectors, spelt);

            // One maker's keyboards have this sign, and its fonts show it.
            Add(report, FindingRules.PrivateUse, _privateUse.IsOnly(0xF8FF) ? FindingLevel.Soft : FindingLevel.Hard, _privateUse);
            if (!_rightToLeft)
                Add(report, FindingRules.DirectionMark, _marks.Count >= StrayMarks ? FindingLevel.Hard : FindingLevel.Soft, _marks);
            Add(report, FindingRules.SoftHyphen, FindingLevel.Soft, _softHyphens);
            Add(report, FindingRules.LoneSurrogate, FindingLevel.Soft, _surrogates);
        }

        private readonly bool IsOnlyAByteOrderMark => _zeroWidth.Count == 1 && _text[0] == '\uFEFF';

        private static void Add(TextReport report, FindingRule rule, FindingLevel level, in Tally tally, string more = "")
        {
            if (tally.Count > 0) report.Add(rule, level, $" ({tally}).{more}");
        }

        private readonly Rune Next(int at) =>
            at < _text.Length && Rune.DecodeFromUtf16(_text[at..], out var next, out _) == OperationStatus.Done ? next : default;
    }

    /// <summary>The length of a subdivision flag's tags after its black flag; 0 if they are none of the three that are in use.</summary>
    private static int FlagLength(ReadOnlySpan<char> after)
    {
        foreach (var flag in (ReadOnlySpan<string>)["gbeng", "gbsct", "gbwls"])
        {
            if (after.Length < 12) return 0;
            var same = after[10] == 0xDB40 && after[11] == 0xDC7F;
            for (var i = 0; same && i < flag.Length; i++) same = after[2 * i] == 0xDB40 && after[2 * i + 1] == 0xDC00 + flag[i];
            if (same) return 12;
        }

        return 0;
    }

    // U+200D between emoji, U+200C and U+200D after letters of scripts whose letters join or stack.
    private static bool Joins(Rune previous, Rune joiner, Rune next) =>
        IsJoining(previous.Value) || (joiner.Value == 0x200D && IsPictograph(previous.Value) && IsPictograph(next.Value));

    private static bool IsJoining(int value) => value is
        (>= 0x0600 and <= 0x08FF) or (>= 0x0900 and <= 0x0DFF) or (>= 0x0F00 and <= 0x109F) or (>= 0x1780 and <= 0x18AF)
        or (>= 0x1A20 and <= 0x1C4F) or (>= 0xA840 and <= 0xABFF) or (>= 0xFB50 and <= 0xFDFF) or (>= 0xFE70 and <= 0xFEFC)
        or (>= 0x10A00 and <= 0x11FFF) or (>= 0x1E900 and <= 0x1E95F);

    private static bool IsPictograph(int value) => value is
        0xFE0F or 0x20E3 or 0xA9 or 0xAE or (>= 0x2190 and <= 0x2BFF) or 0x3030 or 0x303D or 0x3297 or 0x3299 or (>= 0x1F000 and <= 0x1FAFF);

    private static bool IsSoutheastAsian(Rune rune) => rune.Value is
        (>= 0x0E00 and <= 0x0EFF) or (>= 0x0F00 and <= 0x109F) or (>= 0x1780 and <= 0x17FF) or (>= 0x1950 and <= 0x19FF) or (>= 0x1A20 and <= 0x1AAF);

    private static bool IsIdeographic(Rune rune) => rune.Value is (>= 0x3040 and <= 0x9FFF) or (>= 0xAC00 and <= 0xD7AF) or (>= 0x20000 and <= 0x3FFFF);

    private static bool IsRightToLeft(int value) => value is
        (>= 0x0590 and <= 0x08FF) or (>= 0xFB1D and <= 0xFDFF) or (>= 0xFE70 and <= 0xFEFC) or (>= 0x10800 and <= 0x10FFF) or (>= 0x1E800 and <= 0x1EFFF);

    private static bool IsSelector(Rune rune) => rune.Value is (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0100 and <= 0xE01EF);

    /// <summary>How many characters of a class there are, and the first of them.</summary>
    private struct Tally
    {
        private int _first;
        private bool _others;

        public int Count { get; private set; }

        public void Add(int value)
        {
            if (Count++ == 0) _first = value;
            else _others |= value != _first;
        }

        public readonly bool IsOnly(int value) => Count > 0 && _first == value && !_others;

        public override readonly string ToString() =>
            string.Create(CultureInfo.InvariantCulture, $"{(_others ? "first " : "")}U+{_first:X4}, {Count} {(Count == 1 ? "time" : "in all")}");
    }
}
