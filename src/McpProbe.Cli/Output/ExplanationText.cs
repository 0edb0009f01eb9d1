using System.Globalization;
using System.Text;
using McpProbe.Gate;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Cli.Output;

/// <summary>An explanation for people: the summary, a paragraph a layer, what to do next, the commands.</summary>
internal static class ExplanationText
{
    public static string Render(Explanation explanation, Style style, int width)
    {
        width = Math.Clamp(width, 60, 100);
        var text = new StringBuilder();
        var verdict = WireNames.Of(explanation.Verdict);
        text.Append(style.Bold(explanation.Verdict switch
        {
            Verdict.Healthy => style.Green($"✔ {verdict}"),
            Verdict.Degraded or Verdict.Gated => style.Yellow($"▲ {verdict}"),
            Verdict.Down => style.Red($"✘ {verdict}"),
            _ => style.Cyan($"? {verdict}"),
        })).Append("  ").Append(style.Bold(ForeignText.OneLine(explanation.Target))).Append("\n\n");
        Paragraph(explanation.Summary, "  ");

        text.Append('\n').Append(style.Bold("What was tried")).Append('\n');
        foreach (var layer in explanation.Layers)
        {
            var mark = layer.Status switch
            {
                CheckStatus.Passed => style.Green("✔"),
                CheckStatus.Failed => style.Red("✘"),
                CheckStatus.Warned => style.Yellow("▲"),
                _ => style.Dim("·"),
            };
            var ms = layer.Ms is { } took ? string.Create(CultureInfo.InvariantCulture, $" ({took:0.#} ms)") : "";
            Hanging($"{layer.Name}{ms}: {layer.Proves}", $"  {mark} ", "    ");
            foreach (var line in layer.Tried)
                Hanging(line, "      ", "        ", style.Dim);
        }

        if (explanation.Next.Count > 0)
        {
            text.Append('\n').Append(style.Bold("What to do next")).Append('\n');
            for (var i = 0; i < explanation.Next.Count; i++)
                Hanging(explanation.Next[i], string.Create(CultureInfo.InvariantCulture, $"  {i + 1}. "), "     ");
        }

        if (explanation.Commands.Count > 0)
        {
            text.Append('\n').Append(style.Bold("The same by hand")).Append('\n');
            if (explanation.Variables.Count > 0)
                Paragraph($"Set these variables first: {string.Join(", ", explanation.Variables)}.", "  ");
            foreach (var command in explanation.Commands)
            {
                Hanging(command.What, "  # ", "  # ", style.Dim);
                // Not wrapped: it is to be copied.
                text.Append("  ").Append(command.Command).Append('\n');
            }
        }

        return text.ToString();

        void Paragraph(string words, string indent) => Hanging(words, indent, indent);

        void Hanging(string words, string first, string others, Func<string, string>? colour = null)
        {
            foreach (var line in TextWrap.Lines(ForeignText.OneLine(words), width - others.Length))
            {
                text.Append(first).Append(colour?.Invoke(line) ?? line).Append('\n');
                first = others;
            }
        }
    }
}
