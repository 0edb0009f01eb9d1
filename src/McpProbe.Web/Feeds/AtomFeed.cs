using System.Globalization;
using System.Text;
using System.Xml;
using McpProbe.Text;

namespace McpProbe.Web.Feeds;

/// <summary>A feed (RFC 4287).</summary>
/// <param name="Name">Makes the feed's id, together with the authority: it stays while the address does.</param>
/// <param name="Path">Where the feed itself is.</param>
/// <param name="Page">Where people read the same.</param>
/// <param name="Entries">The newest first.</param>
internal sealed record AtomFeed(string Name, string Title, string Path, string Page, IReadOnlyList<AtomEntry> Entries)
{
    internal const string ContentType = "application/atom+xml; charset=utf-8";

    private const string Atom = "http://www.w3.org/2005/Atom";

    /// <param name="pages">Where this McpProbe is.</param>
    internal byte[] Write(Uri pages)
    {
        using var buffer = new MemoryStream();
        using (var xml = XmlWriter.Create(buffer, new XmlWriterSettings { Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), Indent = true }))
        {
            xml.WriteStartElement("feed", Atom);
            xml.WriteElementString("id", Atom, Id(pages, Name));
            xml.WriteElementString("title", Atom, Text(Title, 200));
            // A feed must say when; one without entries has never changed.
            xml.WriteElementString("updated", Atom, Instant(Entries.Count == 0 ? DateTimeOffset.UnixEpoch : Entries.Max(entry => entry.Updated)));
            xml.WriteStartElement("author", Atom);
            xml.WriteElementString("name", Atom, "McpProbe");
            xml.WriteEndElement();
            Link(xml, "self", "application/atom+xml", new Uri(pages, Path));
            Link(xml, "alternate", "text/html", new Uri(pages, Page));
            foreach (var entry in Entries)
                Write(xml, entry, pages);
            xml.WriteEndElement();
        }

        return buffer.ToArray();
    }

    private static void Write(XmlWriter xml, AtomEntry entry, Uri pages)
    {
        xml.WriteStartElement("entry", Atom);
        xml.WriteElementString("id", Atom, Id(pages, entry.Name));
        xml.WriteElementString("title", Atom, Text(entry.Title, 200));
        xml.WriteElementString("published", Atom, Instant(entry.Published));
        xml.WriteElementString("updated", Atom, Instant(entry.Updated));
        Link(xml, "alternate", "text/html", new Uri(pages, entry.Page));
        xml.WriteStartElement("category", Atom);
        xml.WriteAttributeString("term", entry.Category);
        xml.WriteEndElement();
        xml.WriteStartElement("summary", Atom);
        xml.WriteAttributeString("type", "text");
        xml.WriteString(string.Join('\n', entry.Lines.Select(line => Text(line, 500))));
        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    /// <summary>A tag URI (RFC 4151): the same for ever, wherever the pages move to below their host.</summary>
    private static string Id(Uri pages, string name) => $"tag:{pages.Host.Trim('[', ']').Replace(':', '-')},2026:mcpprobe/{name}";

    private static void Link(XmlWriter xml, string relation, string type, Uri address)
    {
        xml.WriteStartElement("link", Atom);
        xml.WriteAttributeString("rel", relation);
        xml.WriteAttributeString("type", type);
        xml.WriteAttributeString("href", address.AbsoluteUri);
        xml.WriteEndElement();
    }

    private static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    // What is no character of XML 1.0 has no place in a feed, not even escaped.
    private static string Text(string text, int most) =>
        string.Concat(ForeignText.OneLine(text, most).EnumerateRunes().Where(rune => rune.Value is not (0xFFFE or 0xFFFF) && rune.Value >= 0x20).Select(rune => rune.ToString()));
}

/// <param name="Name">Makes the entry's id.</param>
/// <param name="Category">Such as the incident's kind.</param>
internal sealed record AtomEntry(
    string Name, string Title, DateTimeOffset Published, DateTimeOffset Updated, string Page, string Category, IReadOnlyList<string> Lines);
