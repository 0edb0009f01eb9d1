namespace McpProbe.Cli.Output;

/// <summary>For whom a result is written; the members' wire names are the words of <c>--output</c>.</summary>
internal enum OutputFormat
{
    /// <summary>People.</summary>
    Text,

    /// <summary>Programs: one object, the contract of the command.</summary>
    Json,

    /// <summary>The test reports of nearly every CI system.</summary>
    Junit,

    /// <summary>Static Analysis Results Interchange Format 2.1.0, for code scanning.</summary>
    Sarif,

    /// <summary>Annotations and a step summary of GitHub Actions.</summary>
    Github,
}
