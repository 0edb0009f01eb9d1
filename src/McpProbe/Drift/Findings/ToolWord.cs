using System.Buffers;
using McpProbe.Model;

namespace McpProbe.Drift.Findings;

/// <summary>
/// Whether a word in snake_case or camelCase that is said to be used or called is a tool of somebody else. Arguments, headers,
/// settings and resources are written like that, too, and a description may say what happens when one of them is used.
/// </summary>
internal static class ToolWord
{
    // As the last word: an argument or a setting, whatever stands before it, and though an address or an id may be called.
    private static readonly HashSet<string> Arguments =
    [
        "id", "ids", "uuid", "guid", "token", "tokens", "key", "keys", "cursor", "url", "urls", "uri", "uris", "link", "timeout", "timestamp", "ttl",
        "at", "by", "limit", "offset", "flag", "flags", "param", "params", "parameter", "parameters", "arg", "args", "argument", "arguments",
        "header", "headers", "option", "options", "mode", "only", "mask", "etag", "enabled", "count", "size", "index", "secret", "password", "credentials",
    ];

    // As the last word of a name that does not begin with what a tool does.
    private static readonly HashSet<string> Things =
    [
        "name", "names", "path", "paths", "type", "types", "format", "value", "values", "field", "fields", "property", "properties", "schema", "date",
        "time", "from", "to", "version", "locale", "language", "lang", "timezone", "zone", "region", "prefix", "suffix", "pattern", "regex", "query",
        "filter", "filters", "sort", "order", "page", "level", "status", "state", "code", "number", "max", "min", "hash", "username", "host", "port",
        "address", "subject", "title", "body", "text", "content", "description", "label", "labels", "tag", "tags", "scope", "scopes", "role", "config",
        "settings", "file", "files", "filename", "folder", "directory", "column", "columns", "table", "database", "bucket", "branch", "variable",
        "target", "source", "destination", "recipient", "recipients", "sender", "depth", "width", "height", "unit", "currency", "amount", "quantity",
        "metadata", "context", "attachment", "attachments", "item", "items", "list", "record", "records", "document", "report", "account", "user",
        "project", "issue", "ticket", "orders", "request", "session", "thread", "channel", "model", "template", "profile", "payload", "data", "json",
    ];

    // As the first word: a setting, such as dry_run.
    private static readonly HashSet<string> Settings =
    [
        "dry", "force", "allow", "no", "skip", "enable", "disable", "is", "has", "can", "with", "without", "auto", "include", "exclude", "max", "min",
        "only", "should", "default", "next", "prev", "previous", "num", "total", "start", "end", "on", "last", "first",
    ];

    private static readonly HashSet<string> Verbs =
    [
        "send", "get", "set", "fetch", "read", "write", "create", "delete", "update", "list", "search", "find", "execute", "exec", "run", "call", "query",
        "post", "put", "patch", "upload", "download", "add", "remove", "insert", "publish", "notify", "pay", "transfer", "submit", "open", "close", "edit",
        "move", "copy", "push", "pull", "commit", "merge", "deploy", "invoke", "load", "save", "reply", "forward", "export", "import", "make", "lookup",
        "browse", "navigate", "click", "scrape", "crawl", "analyze", "generate", "convert", "translate", "summarize", "check", "validate", "login",
    ];

    // What arguments of a search are called.
    private static readonly HashSet<string> Searches = ["search", "query", "list", "find", "sort", "filter", "update", "set"];

    private static readonly SearchValues<char> LowerCase = SearchValues.Create("abcdefghijklmnopqrstuvwxyz");

    /// <summary>How sure it is that the word is a tool; null when it is none.</summary>
    /// <param name="called">It is called, invoked or run, rather than used.</param>
    public static FindingLevel? LevelOf(string name, bool called)
    {
        // A variable of the environment, or a constant.
        if (!name.AsSpan().ContainsAny(LowerCase)) return null;
        Span<char> text = stackalloc char[2 * name.Length];
        var words = text[..NameText.Write(name, text)].ToString().ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var (first, last) = (words[0], words[^1]);
        if (Arguments.Contains(last)) return null;
        if (called) return FindingLevel.Hard;
        if (Settings.Contains(first)) return null;
        if (Verbs.Contains(first)) return Searches.Contains(first) && Things.Contains(last) ? FindingLevel.Soft : FindingLevel.Hard;
        if (Things.Contains(last)) return null;
        return words.Any(Verbs.Contains) ? FindingLevel.Hard : FindingLevel.Soft;
    }
}
