using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Alerts.Messages;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;

namespace McpProbe.Web.Tests;

/// <summary>What a page shows is set up directly, without waiting for probes; what is sent goes nowhere.</summary>
public class SampleStore : MemoryStore
{
    /// <summary>The channels that the head is configured with.</summary>
    public Dictionary<string, Channel> Channels { get; } = [];

    /// <summary>The status pages for people outside.</summary>
    public PublicPages Pages { get; } = new();

    /// <summary>What came of every send.</summary>
    public SendOutcome Outcome { get; set; } = SendOutcome.Delivered;

    public List<(string Channel, Alert Alert)> Sent { get; } = [];

    public void Add(
        RegisteredEndpoint registered, EndpointState state, IEnumerable<ProbeRecord> results, IEnumerable<Incident>? incidents = null)
    {
        Put(registered);
        Set(registered.Endpoint.Id, state);
        foreach (var record in results)
            AddResult(registered.Endpoint.Id, record);
        foreach (var incident in incidents ?? [])
            Incidents.Add(incident.Id, incident);
    }

    public void Add(params DriftRecord[] drift) => Drift.AddRange(drift);

    public void Add(params Delivery[] deliveries)
    {
        foreach (var delivery in deliveries)
            AddRow(delivery);
    }

    public void Add(params ChannelStatus[] channels)
    {
        foreach (var channel in channels)
        {
            Write(channel.Name, channel.State);
            for (var i = 0; i < channel.Waiting; i++)
                AddRow(new Delivery($"waits_{i}", "waits", i, channel.Name, DeliveryStatus.Pending, 0, null, Samples.Now, Samples.Now));
        }
    }

    public void Add(params Channel[] channels)
    {
        foreach (var channel in channels)
            Channels.Add(channel.Name, channel);
    }

    public Task<SendOutcome> SendAsync(Channel channel, Alert alert, CancellationToken cancellationToken) => StepAsync(() =>
    {
        Sent.Add((channel.Name, alert));
        return Outcome;
    });
}
