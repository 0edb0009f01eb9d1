using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Run;

namespace McpProbe.Tests.Probing.Hostile;

/// <summary>One way in which a server, or what stands before it, can be hostile, and what the probe must make of it.</summary>
/// <param name="Kind">The failure; null when the probe must not be impressed: healthy.</param>
/// <param name="Serve">Answers each request.</param>
internal sealed record Scenario(string Name, FailureKind? Kind, Phase? Phase, Func<Exchange, Task> Serve)
{
    /// <summary>Enough for a server that is slow only because the machine is.</summary>
    public static readonly TimeSpan Ample = TimeSpan.FromSeconds(30);

    /// <summary>For what never ends by itself.</summary>
    public static readonly TimeSpan Short = TimeSpan.FromSeconds(2);

    public TimeSpan Timeout { get; init; } = Ample;

    /// <summary>What the message must say, too.</summary>
    public string Says { get; init; } = "";

    /// <summary>A certificate makes it a TLS server, and its URL https.</summary>
    public CertificateFault? Certificate { get; init; }

    /// <summary>The phase that it may be instead, by chance.</summary>
    public Phase? OrPhase { get; init; }

    /// <summary>It acts on each connection, before anything was sent.</summary>
    public bool OnConnect { get; init; }

    /// <summary>Changes the endpoint, which has the server's URL (or https in its place), a bearer token and an API key.</summary>
    public Func<Endpoint, Endpoint> Endpoint { get; init; } = endpoint => endpoint;

    public Func<ProberOptions, ProberOptions> Options { get; init; } = options => options;

    public Scenario Hangs() => this with { Timeout = Short };
}

internal enum CertificateFault
{
    SelfSigned,
    OtherHost,
    Expired,
}
