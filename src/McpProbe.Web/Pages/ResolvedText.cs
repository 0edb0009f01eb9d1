using McpProbe.Incidents;

namespace McpProbe.Web.Pages;

/// <summary>What resolved an incident, in words.</summary>
internal static class ResolvedText
{
    /// <param name="rule">The rule that fired last.</param>
    internal static string Of(string rule) => rule switch
    {
        IncidentRules.SuccessesInARow => "it answered well again, several probes in a row",
        IncidentRules.QuorumUp => "enough locations see it up again",
        IncidentRules.Steady or IncidentRules.NoLongerFlapping => "it is steady again",
        IncidentRules.WithinLimitsAgain => "it is within its limits again",
        IncidentRules.BecameOutage => "it became an outage",
        IncidentRules.CatalogStable => "its catalogue is the same at every probe again",
        IncidentRules.BaselineReturned => "the baseline came back",
        IncidentRules.BaselineAccepted => "somebody accepted the new catalogue",
        IncidentRules.AcceptedByPolicy => "its policy accepted the new catalogue",
        IncidentRules.DriftWithinPolicy => "its policy allows what changed",
        IncidentRules.FindingsGone => "the suspicious text is gone",
        IncidentRules.CertificateRenewed => "the certificate was renewed",
        IncidentRules.AccessAsExpected => "it asks for credentials as expected again",
        IncidentRules.KnownAgain => "probes say something of it again",
        IncidentRules.StoreWorks => "the store works again",
        IncidentRules.SwitchedOff => "its policy opens no such incidents any more",
        IncidentRules.EndpointDeleted => "the endpoint was deleted",
        IncidentRules.EndpointPaused => "the endpoint was paused",
        IncidentRules.EndpointArchived => "the endpoint left the probes file",
        IncidentRules.TargetChanged => "another server is watched under its id",
        _ => $"the rule {rule}",
    };
}
