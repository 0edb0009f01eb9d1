using System.Text;
using McpProbe.Catalog;
using Microsoft.ML.Tokenizers;

namespace McpProbe.Web.Tokens;

/// <summary>
/// How many tokens a model reads of a tool: its name, description and input schema as JSON, with the encoding o200k_base. The
/// vocabulary takes some 40 MB, so that it is held only while tools are counted: nearly all are counted when a head starts.
/// </summary>
public static class TokenCounter
{
    /// <summary>A tool that is longer is estimated: it takes a model's whole context anyway.</summary>
    private const int MostBytes = 256 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly Lock Gate = new();
    private static Tokenizer? _tokenizer;
    private static ITimer? _timer;

    /// <param name="tool">In canonical form.</param>
    public static int Of(ReadOnlyMemory<byte> tool) => tool.Length > MostBytes
        ? TokenEstimate.Of(tool)
        : Tokenizer().CountTokens(Encoding.UTF8.GetString(TokenEstimate.TextOf(tool)));

    private static Tokenizer Tokenizer()
    {
        lock (Gate)
        {
            _timer ??= TimeProvider.System.CreateTimer(static _ => Forget(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(Patience, Timeout.InfiniteTimeSpan);
            return _tokenizer ??= TiktokenTokenizer.CreateForEncoding("o200k_base");
        }
    }

    private static void Forget()
    {
        lock (Gate)
            _tokenizer = null;
    }
}
