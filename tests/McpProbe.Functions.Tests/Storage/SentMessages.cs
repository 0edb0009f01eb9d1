using System.Collections.Concurrent;
using System.Xml.Linq;
using Azure.Core;
using Azure.Core.Pipeline;
using McpProbe.Functions.Scheduling;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>What the queues took, as it went over the wire: also what nobody can read yet, because it waits for its slot.</summary>
internal sealed class SentMessages : HttpPipelineSynchronousPolicy
{
    private readonly ConcurrentQueue<(string Queue, string Text)> _sent = new();

    public void Configure(ClientOptions options) => options.AddPolicy(this, HttpPipelinePosition.PerRetry);

    public override void OnReceivedResponse(HttpMessage message)
    {
        var path = message.Request.Uri.Path.Split('/');
        if (message.Request.Method != RequestMethod.Post || path[^1] != "messages" || message.Response.Status != 201)
            return;
        using var body = new MemoryStream();
        message.Request.Content!.WriteTo(body, CancellationToken.None);
        body.Position = 0;
        _sent.Enqueue((path[^2], XDocument.Load(body).Root!.Element("MessageText")!.Value));
    }

    /// <summary>Those of a queue since the last time.</summary>
    internal IReadOnlyList<string> Take(string queue)
    {
        var all = new List<(string Queue, string Text)>();
        while (_sent.TryDequeue(out var sent))
            all.Add(sent);
        foreach (var other in all.Where(each => each.Queue != queue))
            _sent.Enqueue(other);
        return [.. all.Where(each => each.Queue == queue).Select(each => each.Text)];
    }

    /// <summary>Endpoint and slot of each probe in them, in order.</summary>
    internal string[] TakeSlots(string queue, bool isRepeat) =>
    [
        .. Take(queue).Select(text => ProbeMessage.Read(BinaryData.FromString(text).ToMemory())).SelectMany(message =>
        {
            Assert.Equal(isRepeat, message.IsRepeat);
            return message.Probes.Select(probe => $"{probe.Endpoint.Id} {probe.Slot:O}");
        }).Order(StringComparer.Ordinal),
    ];
}
