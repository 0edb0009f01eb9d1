using McpProbe.Endpoints;
using McpProbe.Model;

namespace McpProbe.Cli.Output;

/// <summary>What a reader is told of a rule, beside what it found: what it means, and what to do.</summary>
internal static class SarifRules
{
    public const string Manual = "docs/gate.md";

    /// <summary>The rule of a check that failed or warned.</summary>
    public static (string Summary, string Help) OfCheck(string name) => name switch
    {
        "baseline" => ("The baseline can be compared with", "A gate needs an accepted catalogue to compare with. Take one with 'mcpprobe snapshot TARGET -o FILE', review it, and keep it in the repository."),
        "handshake" => ("A client can connect", "A client must be able to connect and complete the MCP handshake. The message says in which step it failed and what to look at."),
        "protocol" => ("The protocol version is the expected one", "A catalogue belongs to a protocol version. Update the expectation, or the server."),
        "catalog" => ("The whole tool catalogue can be read", "A client reads every page of tools/list before it can call a tool, and must see the same catalogue on every connection."),
        "conditions" => ("The conditions hold", "What was asked for on the command line must hold: tools that must be there or must not, a server version, latency budgets."),
        "smoke" => ("A real tool call works", "A tool that is listed need not work. Look at the message and at the server's log for this call."),
        "latency" => ("The handshake is as fast as the baseline", "The median of the handshake phase must not exceed the baseline's 95th percentile by more than the noise. Look at what the deployment made slower, or take a new baseline if it was meant."),
        "certificate" => ("The TLS certificate is valid for a while", "Renew the certificate before it expires; clients refuse the server afterwards."),
        "client-sdk" => ("The official client can work with the server", "The official C# client must be able to connect and to list every tool that the server offers."),
        _ => (name, "See the message."),
    };

    /// <summary>The rule of a change.</summary>
    public static (string Summary, string Help) OfChange(Change change) => ($"Catalogue drift: {change.Rule}", change.Class switch
    {
        ChangeClass.Breaking => "Clients that were written against the old catalogue stop working. Undo the change, offer it beside the old form, or accept it by taking a new baseline. docs/drift-rules.md explains the rule.",
        ChangeClass.Unknown => "It cannot be proved that clients of the old catalogue go on working, so this counts as breaking. Compare the two forms, and accept the change by taking a new baseline. docs/drift-rules.md explains the rule.",
        ChangeClass.Warning => "Calls go on working, but models may choose or use the tool differently. Review the change, and accept it by taking a new baseline. docs/drift-rules.md explains the rule.",
        _ => "Clients of the old catalogue are not affected. docs/drift-rules.md explains the rule.",
    });

    /// <summary>The rule of a finding.</summary>
    public static (string Summary, string Help) OfFinding(Finding finding) => finding.IsInterop
        ? ($"Other clients: {finding.Rule}", "McpProbe can work with the server, or says in a check why it cannot; some other clients decide otherwise here. docs/findings.md explains the rule.")
        : ($"Suspicious text: {finding.Rule}", finding.Level is FindingLevel.Hard
        ? "Models read this text as instructions, and a reviewer may not see it. Do not use the server until its owner has explained or removed it. docs/findings.md explains the rule."
        : "Review this text once: it may steer models, or be harmless. docs/findings.md explains the rule.");

    /// <summary>The rule of the specification, or of another look beyond the catalogue's text.</summary>
    public static (string Summary, string Help) OfSpecification(Finding finding) => finding switch
    {
        { Section: { } section } => ($"Specification: {finding.Rule}",
            $"{section} says {(finding.Requirement is Requirement.Should ? "should" : "must")}. Other clients may count on it. docs/specification.md explains the rule."),
        _ => ($"Note: {finding.Rule}", "No standard asks for it, but clients or models do better with it. docs/specification.md explains the rule."),
    };
}
