using System.Globalization;
using System.Text;
using McpProbe.Uptime.Reports;
using McpProbe.Web.Access;
using McpProbe.Web.Api;
using McpProbe.Web.Pages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Reports;

/// <summary><c>GET /api/reports/sla</c>, and the page <c>GET /reports</c>.</summary>
internal static class ReportsApi
{
    internal const string Path = "/api/reports/sla";
    internal const string PagePath = "/reports";

    private static readonly string[] Formats = ["json", "csv", "html"];

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods(Path, Methods.Read, GetAsync);
        routes.MapMethods(PagePath, Methods.Read, ShowAsync);
    }

    private static async Task<IResult> GetAsync(
        HttpContext context, SlaReporter reporter, AccessControl rule, WebOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var query = await ReportQuery.ReadAsync(context.Request, reporter, time, isForm: false, cancellationToken);
        var format = context.Request.Query["format"] is [{ } text, ..] ? text : Formats[0];
        List<ReportMistake> mistakes = [.. query.Mistakes];
        if (!Formats.Contains(format))
            mistakes.Add(new("format", $"is one of {string.Join(", ", Formats)}."));
        if (mistakes.Count > 0)
        {
            return Problem.Of(
                StatusCodes.Status400BadRequest, "The query is not valid. Each mistake is listed in 'errors'.",
                [.. mistakes.Select(mistake => new Mistake(1, 1, "?" + mistake.Field, Sentence(mistake)))]);
        }

        var report = await reporter.ReadAsync(query.Chosen!, query.Range!, cancellationToken);
        switch (format)
        {
            case "csv":
                // A spreadsheet reads UTF-8 by its mark.
                var name = string.Create(CultureInfo.InvariantCulture, $"sla-{report.From.UtcDateTime:yyyyMMdd}-{report.To.UtcDateTime:yyyyMMdd}.csv");
                return Results.Bytes([.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(ReportCsv.Write(report))], "text/csv; charset=utf-8", name);
            case "html":
                return Page(context, query, report, rule, options, time, all: []);
            default:
                return Results.Json(report, ReportJson.Default.SlaReport);
        }
    }

    private static async Task<IResult> ShowAsync(
        HttpContext context, SlaReporter reporter, AccessControl rule, WebOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var query = await ReportQuery.ReadAsync(context.Request, reporter, time, isForm: true, cancellationToken);
        var all = await reporter.GroupsAsync(cancellationToken);
        var report = query.Mistakes.Count > 0 ? null : await reporter.ReadAsync(query.Chosen!, query.Range!, cancellationToken);
        return Page(context, query, report, rule, options, time, all);
    }

    /// <summary>A mistake in a sentence of its own: some begin with their field's name.</summary>
    internal static string Sentence(ReportMistake mistake) => mistake.Message is [>= 'a' and <= 'z', ..] && !mistake.Message.StartsWith("there is", StringComparison.Ordinal)
        ? $"{mistake.Field} {mistake.Message}"
        : mistake.Message is [var first, ..] ? char.ToUpperInvariant(first) + mistake.Message[1..] : mistake.Message;

    private static PageResult<ReportPage> Page(
        HttpContext context, ReportQuery query, SlaReport? report, AccessControl rule, WebOptions options, TimeProvider time, IReadOnlyList<string> all) => new(
        new()
        {
            [nameof(ReportPage.Query)] = query,
            [nameof(ReportPage.Report)] = report,
            [nameof(ReportPage.AllGroups)] = all,
            [nameof(ReportPage.Viewer)] = Viewer.Of(context),
            [nameof(ReportPage.CanSignIn)] = rule.HasKey,
            [nameof(ReportPage.Options)] = options,
            [nameof(ReportPage.Now)] = time.GetUtcNow(),
        },
        report is null && !query.IsToBeChosen ? StatusCodes.Status400BadRequest : StatusCodes.Status200OK);
}
