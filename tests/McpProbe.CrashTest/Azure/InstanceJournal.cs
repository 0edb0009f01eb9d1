using System.Text;

namespace McpProbe.CrashTest.Azure;

/// <summary>What the durable platform has promised to run, in a file that outlives the process: a line is on disk before anybody relies on it.</summary>
internal sealed class InstanceJournal : IDisposable
{
    private const string Started = "started";
    private const string Ended = "ended";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, string> _inputs = [];
    private readonly HashSet<string> _ended = [];
    private readonly FileStream _file;

    public InstanceJournal(string path)
    {
        // The last line may be half a line: its process died before it relied on it.
        var text = File.Exists(path) ? File.ReadAllText(path) : "";
        foreach (var line in text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            switch (line.Split('\t'))
            {
                case [Started, var id, var input]:
                    _inputs[id] = Encoding.UTF8.GetString(Convert.FromBase64String(input));
                    break;
                case [Ended, var id]:
                    _ended.Add(id);
                    break;
            }
        }
        _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 0);
        _file.SetLength(Encoding.UTF8.GetByteCount(text[..(text.LastIndexOf('\n') + 1)]));
        _file.Seek(0, SeekOrigin.End);
    }

    /// <summary>Started and not ended, with their inputs.</summary>
    public IReadOnlyList<(string Id, string Input)> Unfinished
    {
        get
        {
            lock (_lock)
                return [.. _inputs.Where(each => !_ended.Contains(each.Key)).Select(each => (each.Key, each.Value))];
        }
    }

    public bool HasStarted(string id)
    {
        lock (_lock)
            return _inputs.ContainsKey(id);
    }

    public bool HasEnded(string id)
    {
        lock (_lock)
            return _ended.Contains(id);
    }

    /// <returns>False when it was started before.</returns>
    public bool TryStart(string id, string input)
    {
        lock (_lock)
        {
            if (_inputs.ContainsKey(id))
                return false;
            Write($"{Started}\t{id}\t{Convert.ToBase64String(Encoding.UTF8.GetBytes(input))}");
            _inputs.Add(id, input);
            return true;
        }
    }

    public void End(string id)
    {
        lock (_lock)
        {
            Write($"{Ended}\t{id}");
            _ended.Add(id);
        }
    }

    public void Dispose() => _file.Dispose();

    private void Write(string line)
    {
        _file.Write(Encoding.UTF8.GetBytes(line + "\n"));
        _file.Flush(flushToDisk: true);
    }
}
