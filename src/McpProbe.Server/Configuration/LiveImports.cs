using McpProbe.Configuration;

namespace McpProbe.Server.Configuration;

/// <summary>The imports of the probes file as it is now.</summary>
internal sealed class LiveImports(IReadOnlyList<ImportDefinition> imports)
{
    private volatile IReadOnlyList<ImportDefinition> _now = imports;

    public IReadOnlyList<ImportDefinition> Now
    {
        get => _now;
        set => _now = value;
    }
}
