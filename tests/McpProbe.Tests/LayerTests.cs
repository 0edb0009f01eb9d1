using System.Reflection;
using NetArchTest.Rules;

namespace McpProbe.Tests;

/// <summary>
/// The engine's folders in their order: a type may use those of its own folder and of the folders above it in this list. So no two
/// folders need each other, and each can be read without those below it. docs/architecture.md says why they stand as they do.
/// </summary>
public sealed class LayerTests
{
    private static readonly Assembly Engine = typeof(EngineJson).Assembly;

    private static readonly (string Of, string[] Layers)[] Orders =
    [
        ("McpProbe",
            ["Text", "Endpoints", "Model", "Catalog", "Drift", "Probing", "Incidents", "Alerts", "Configuration", "Monitoring", "Uptime", "Gate", "Imports"]),
        ("McpProbe.Probing", ["Run", "Net", "Protocol", "Transports", "OAuth", "Tools", "Checks", "Deep", "Cards", "Authorization", "Sessions"]),
        ("McpProbe.Alerts", ["Channels", "Messages", "Deliveries", "Senders", "Heartbeats"]),
    ];

    public static TheoryData<string, string> EveryLayer()
    {
        var rows = new TheoryData<string, string>();
        foreach (var (of, layers) in Orders)
        {
            foreach (var layer in layers)
                rows.Add(of, layer);
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(EveryLayer))]
    public void Layer_UsesOnlyThoseBeforeIt(string of, string layer)
    {
        var layers = Orders.Single(order => order.Of == of).Layers;
        var own = $"{of}.{layer}";
        Assert.NotEmpty(TypesIn(own));

        var uses = UsesUpward(own, Forbidden(of, layers.SkipWhile(each => each != layer).Skip(1)));
        Assert.True(uses.Count == 0, $"The engine's layers use each other in one direction only:\n{string.Join('\n', uses)}");
    }

    [Fact]
    public void EveryFolder_HasItsPlaceInTheOrder()
    {
        foreach (var (of, layers) in Orders)
        {
            var folders = Engine.GetTypes()
                .Select(type => type.Namespace)
                .Where(space => space?.StartsWith(of + '.', StringComparison.Ordinal) is true)
                .Select(space => space![(of.Length + 1)..].Split('.')[0])
                .Distinct();
            Assert.Equal(layers.Order(), folders.Order());
        }
    }

    /// <summary>The wire is ours; stores, web and cloud belong to the heads.</summary>
    [Fact]
    public void Engine_RefersToNoMcpWebCloudOrDatabaseLibrary() => Assert.DoesNotContain(
        Engine.GetReferencedAssemblies(),
        assembly => Array.Exists(["ModelContextProtocol", "Microsoft.AspNetCore", "Azure.", "Microsoft.Azure", "Microsoft.Data"],
            start => assembly.Name!.StartsWith(start, StringComparison.Ordinal)));

    /// <summary>Judging is pure: what judges cannot wait for anything, so it reads and sends nothing.</summary>
    [Theory]
    [InlineData("McpProbe.Drift.")]
    [InlineData("McpProbe.Incidents.")]
    [InlineData("McpProbe.Alerts.Deliveries.Gathering")]
    [InlineData("McpProbe.Gate.VerifyJudge")]
    [InlineData("McpProbe.Monitoring.ProbeJudge")]
    [InlineData("McpProbe.Probing.Checks.BudgetJudge")]
    [InlineData("McpProbe.Probing.Checks.ConditionJudge")]
    public void WhatJudges_WaitsForNothing(string start)
    {
        string[] waits = ["System.Threading.Tasks.Task", "System.Threading.Tasks.ValueTask", "System.Net.Http.HttpClient", "System.IO.File"];
        var judges = TypesIn("McpProbe").Where(name => name.StartsWith(start, StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(judges);

        Assert.DoesNotContain(judges, judge => Array.Exists(waits, wait => Uses(judge, wait)));
        Assert.True(Uses("McpProbe.Monitoring.MonitorCycle", waits[0]));
    }

    /// <summary>A rule that cannot fail guards nothing: turned round, this one names what it found.</summary>
    [Fact]
    public void UpwardUse_IsNamedWithBothTypes()
    {
        var uses = UsesUpward("McpProbe.Alerts.Senders", TypesIn("McpProbe.Alerts.Channels"));

        Assert.Contains("McpProbe.Alerts.Senders.ChannelSender uses McpProbe.Alerts.Channels.Channel", uses);
    }

    /// <summary>Everything in the layers after it; what stands in the parent folder itself is over all of them.</summary>
    private static IEnumerable<string> Forbidden(string of, IEnumerable<string> after) =>
        after.SelectMany(layer => TypesIn($"{of}.{layer}"))
            .Concat(Engine.GetTypes().Where(type => type.Namespace == of && !type.IsNested).Select(type => type.FullName!))
            .Where(name => !name.Contains('<', StringComparison.Ordinal));

    private static List<string> UsesUpward(string own, IEnumerable<string> forbidden)
    {
        var upward = forbidden.ToArray();
        var failing = Types.InAssembly(Engine).That().ResideInNamespace(own)
            .ShouldNot().HaveDependencyOnAny(upward)
            .GetResult().FailingTypes.Select(type => type.FullName).ToList();
        return [.. failing.SelectMany(type => upward.Where(used => Uses(type, used)).Select(used => $"{type} uses {used}"))];
    }

    private static bool Uses(string type, string used) =>
        !Types.InAssembly(Engine).That().ResideInNamespace(type[..type.LastIndexOf('.')]).And().HaveName(type[(type.LastIndexOf('.') + 1)..]).ShouldNot().HaveDependencyOnAny(used).GetResult().IsSuccessful;

    private static IEnumerable<string> TypesIn(string space) => Engine.GetTypes()
        .Where(type => !type.IsNested && type.Namespace is { } own && (own == space || own.StartsWith(space + '.', StringComparison.Ordinal)))
        .Select(type => type.FullName!);
}
