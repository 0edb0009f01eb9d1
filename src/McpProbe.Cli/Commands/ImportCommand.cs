using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using McpProbe.Cli.Output;
using McpProbe.Configuration;
using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;
using McpProbe.Imports;
using McpProbe.Imports.Planning;
using McpProbe.Imports.Registries;
using McpProbe.Imports.Writing;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Cli.Commands;

/// <summary><c>mcpprobe import</c>: endpoints from a registry, a file, or the configuration of a client into a probes file.</summary>
internal sealed class ImportCommand : Command
{
    private const string Stdout = "-";

    private readonly Argument<string> _source = new("SOURCE") { Description = $"Where from: {SourceName.Known}" };

    private readonly Option<string> _out = new("--output-file", "-o")
    {
        Description = "The probes file that takes the endpoints; its other lines stay as they are. Without it they go to standard output",
        HelpName = "FILE",
    };

    private readonly Option<string> _url = new("--url") { Description = "The registry's base address, when it is not the public one", HelpName = "URL" };

    private readonly Option<string> _name = new("--name") { Description = "The import's name, by which it knows its endpoints again", HelpName = "NAME" };

    private readonly Option<string> _search = new("--search") { Description = "Only servers whose name or title has this", HelpName = "TEXT" };

    private readonly Option<string> _since = new("--updated-since") { Description = "Only what changed since, such as 2026-11-01 or 2026-11-01T12:00:00Z", HelpName = "TIME" };

    private readonly Option<int> _limit = new("--limit")
    {
        Description = "The most endpoints of this import",
        HelpName = "N",
        DefaultValueFactory = _ => ImportDefinition.DefaultLimit,
    };

    private readonly Option<string> _group = new("--group") { Description = "The group of the new endpoints", HelpName = "NAME" };

    private readonly Option<bool> _public = new("--public") { Description = "Show the new endpoints on the open pages" };

    private readonly Option<string> _every = new("--probe-every") { Description = "The interval of the new endpoints; 15m for servers of others", HelpName = "TIME" };

    private readonly Option<bool> _activate = new("--activate") { Description = "Watch servers of others from now on; otherwise they are paused until you say so" };

    private readonly Option<string> _contact = new("--contact")
    {
        Description = "An e-mail address or a page that every visit names, for whom it bothers; needed with --activate",
        HelpName = "ADDRESS",
    };

    private readonly Option<string> _deny = new("--deny") { Description = "A file of hosts, names and URLs that are never watched, one a line", HelpName = "FILE" };

    private readonly Option<string> _key = new("--key-env") { Description = "The environment variable with the registry's key", HelpName = "VAR" };

    private readonly Option<string> _tenant = new("--tenant-env") { Description = "The environment variable with the tenant's id, for pulsemcp", HelpName = "VAR" };

    private readonly Option<bool> _private = new("--allow-private") { Description = "The registry is your own: its servers may be on private addresses" };

    private readonly Option<bool> _visit = new("--visit")
    {
        Description = "Visit each new or changed server once, and tell where it contradicts what is listed; needs --contact for servers of others",
    };

    private readonly Option<bool> _allowEmpty = new("--allow-empty") { Description = "Take away all that the import brought, if the source lists none of it any more" };

    public ImportCommand()
        : base("import", "Bring servers of a registry, a file or a client into a probes file")
    {
        Arguments.Add(_source);
        foreach (var option in new Option[] { _out, _url, _name, _search, _since, _limit, _group, _public, _every, _activate, _contact, _deny, _key, _tenant, _private, _visit, _allowEmpty })
            Options.Add(option);
        Validators.Add(Judge);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var file = parsed.GetValue(_out) is { } path and not Stdout ? path : null;
        try
        {
            // A file that is wrong is said before anybody is asked for anything.
            if (await ReadAsync(file, cancellationToken) is not { } before)
                return ExitCodes.Usage;
            var limits = ImportLimits.Default;
            var name = SourceName.Parse(parsed.GetRequiredValue(_source), out _)!;
            var source = name.Registry is { } kind
                ? KnownRegistries.Open(kind, Url(parsed.GetValue(_url)), Value(parsed.GetValue(_key)), Value(parsed.GetValue(_tenant)), parsed.GetValue(_contact), limits, TimeProvider.System)
                : name.OpenFile(limits);
            var policy = await PolicyAsync(parsed, name, source, limits, cancellationToken);
            if (source.ListsStrangers && before.Text is not null && StrangersDefaults.MistakeIn(before.Text, file!) is { } mistake)
                return await RefuseAsync($"{file}: {mistake}");

            var query = new ImportQuery(parsed.GetValue(_search), Since(parsed.GetValue(_since)));
            var (listings, isWhole) = await Importer.ReadAsync(source, query, policy.Limit, limits, cancellationToken);
            // People may have saved it meanwhile.
            if (await ReadAsync(file, cancellationToken) is not { } now)
                return ExitCodes.Usage;
            var plan = new ImportPlanner(policy with { IsWhole = isWhole, ChangesOnly = query.UpdatedSince is not null && source.TellsChanges }, now.Endpoints).Plan(listings);
            var text = ProbesDocumentText.Apply(now.Text ?? "", file ?? "stdout.yaml", now.Endpoints, plan);
            if (file is not null && text != (now.Text ?? ""))
                await ReplacedFile.WriteAsync(file, text, cancellationToken);
            else if (file is null)
                await Console.Out.WriteAsync(text);
            var visits = parsed.GetValue(_visit) ? await Visits.MakeAsync(plan, parsed.GetValue(_contact), cancellationToken) : null;
            await (file is null ? Console.Error : Console.Out).WriteLineAsync(ImportText.Of(source.Place, listings, plan, visits, file));
            return ExitCodes.Ok;
        }
        catch (ImportFailedException failure)
        {
            await Console.Error.WriteLineAsync($"mcpprobe import: {ForeignText.OneLine(failure.Message)}");
            return failure.ExitCode;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync($"mcpprobe import: interrupted{(file is null ? "" : $"; {ForeignText.OneLine(file)} is whole")}.");
            return ExitCodes.Unreachable;
        }
    }

    private async Task<ImportPolicy> PolicyAsync(ParseResult parsed, SourceName name, IImportSource source, ImportLimits limits, CancellationToken cancellationToken) =>
        new(parsed.GetValue(_name) ?? name.DefaultName(Url(parsed.GetValue(_url))))
        {
            Strangers = source.ListsStrangers,
            Activate = parsed.GetValue(_activate),
            AllowPrivate = parsed.GetValue(_private),
            AllowEmpty = parsed.GetValue(_allowEmpty),
            Contact = parsed.GetValue(_contact),
            Group = parsed.GetValue(_group),
            Visibility = parsed.GetValue(_public) ? Visibility.Public : Visibility.Private,
            ProbeEvery = parsed.GetValue(_every) is { } every && Durations.TryParse(every, out var interval) ? interval
                : source.ListsStrangers ? ImportDefinition.DefaultProbeEvery : Endpoint.DefaultInterval,
            Limit = parsed.GetValue(_limit),
            Deny = parsed.GetValue(_deny) is { } deny ? await DenyList.ReadAsync(deny, limits, cancellationToken) : new DenyList([]),
        };

    /// <returns>Null when it is wrong, which has been said; no text when there is no such file yet.</returns>
    private static async Task<Existing?> ReadAsync(string? file, CancellationToken cancellationToken)
    {
        if (file is null || !Path.Exists(file))
            return new Existing(null, []);
        var parsed = await ProbesFile.ReadAsync(file, cancellationToken);
        foreach (var error in parsed.Errors)
            await Console.Error.WriteLineAsync(ForeignText.OneLine(error.ToString()));
        if (parsed.Value is not { } document || parsed.Errors.Count > 0)
        {
            await Console.Error.WriteLineAsync($"mcpprobe import: {ForeignText.OneLine(file)} is wrong already, and nothing is brought into it; correct it first.");
            return null;
        }

        // Once more, as text: what it says of TLS files is of no matter here.
        var text = await File.ReadAllTextAsync(file, cancellationToken);
        return ProbesFile.Parse(file, text).Value is { } same ? new Existing(text, same.Endpoints) : new Existing(text, document.Endpoints);
    }

    private void Judge(CommandResult result)
    {
        var source = Word(result.GetResult(_source));
        var parsed = source is null ? null : SourceName.Parse(source, out var mistake) is { } known ? known : Add(mistake!);
        if (Word(result.GetResult(_url)) is { } url)
        {
            if (Url(url) is null)
                result.AddError("--url: it is not an absolute http or https URL without user, query and fragment; write the registry's base address.");
            else if (parsed is { Registry: null })
                result.AddError("--url: only a registry has an address; a file and a client have none.");
        }

        if (parsed is { Registry: null } && Word(result.GetResult(_since)) is not null)
            result.AddError("--updated-since: only a registry can tell what changed.");
        if (Word(result.GetResult(_since)) is { } since && Since(since) is null)
            result.AddError($"--updated-since: '{ForeignText.Brief(since)}' is no time; write one such as 2026-11-01 or 2026-11-01T12:00:00Z.");
        if (Word(result.GetResult(_name)) is { } name && !IdRules.IsId(name))
            result.AddError($"--name: '{ForeignText.Brief(name)}' is not {IdRules.Description}.");
        if (Word(result.GetResult(_limit)) is { } limit && (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out var most) || most is < 1 or > ImportDefinition.MostEndpoints))
            result.AddError($"--limit: '{ForeignText.Brief(limit)}' is not a whole number from 1 to {ImportDefinition.MostEndpoints}.");
        if (Word(result.GetResult(_every)) is { } every && !(Durations.TryParse(every, out var interval) && interval >= TimeSpan.FromSeconds(1)))
            result.AddError($"--probe-every: '{ForeignText.Brief(every)}' is no duration of a second or more, such as 15m or 24h.");
        if (Word(result.GetResult(_contact)) is { } contact && !ContactAddress.IsValid(contact))
            result.AddError($"--contact: '{ForeignText.Brief(contact)}' is not {ContactAddress.Description}.");
        else if (new Option[] { _activate, _visit }.FirstOrDefault(option => result.GetResult(option) is { Implicit: false }) is { } visiting && result.GetResult(_contact) is null && parsed is { Registry: not null } or { Kind: "file" })
            result.AddError($"{visiting!.Name}: it probes other people's servers, who must be able to ask who does; add --contact, {ContactAddress.Description}.");
        foreach (var option in new[] { _key, _tenant })
        {
            if (Word(result.GetResult(option)) is { } variable && Value(variable) is null)
                result.AddError($"{option.Name}: it needs {SecretReference.WhyMissing(variable)}.");
        }

        SourceName? Add(string mistake)
        {
            result.AddError($"SOURCE: {mistake}.");
            return null;
        }

        static string? Word(SymbolResult? found) => found is { Tokens: [var token] } ? token.Value : null;
    }

    private static string? Value(string? variable) => variable is null ? null : SecretReference.FromEnvironment(variable);

    private static Uri? Url(string? text) => text is not null && text.IndexOfAny(['?', '#']) < 0 && UrlRulesOf(text) is { } url ? url : null;

    private static Uri? UrlRulesOf(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url is { Scheme: "http" or "https", UserInfo.Length: 0, Host.Length: > 0 } ? url : null;

    private static DateTimeOffset? Since(string? text) => text is not null
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var since) ? since : null;

    private static async Task<int> RefuseAsync(string mistake)
    {
        await Console.Error.WriteLineAsync($"mcpprobe import: {ForeignText.OneLine(mistake)}");
        return ExitCodes.Usage;
    }

    private sealed record Existing(string? Text, IReadOnlyList<Endpoint> Endpoints);
}
