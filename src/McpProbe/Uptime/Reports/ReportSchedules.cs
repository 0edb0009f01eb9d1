using McpProbe.Configuration;

namespace McpProbe.Uptime.Reports;

/// <summary>The reports that go out after each month, as they are configured now; all of them change at once.</summary>
public sealed class ReportSchedules
{
    private volatile IReadOnlyList<ReportSchedule> _all = [];

    public IReadOnlyList<ReportSchedule> All
    {
        get => _all;
        set => _all = value;
    }
}
