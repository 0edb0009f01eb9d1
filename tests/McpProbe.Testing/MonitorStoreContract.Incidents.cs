using McpProbe.Alerts.Deliveries;
using McpProbe.Model;
using McpProbe.Monitoring;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Testing;

// What a store keeps of single incidents, and what people do about them.
public abstract partial class MonitorStoreContract
{
    private IIncidentStore IncidentRows => (IIncidentStore)History;

    private IncidentDesk Desk => new(Endpoints, Store, IncidentRows, new Nobody(), TimeProvider.System);

    [Fact]
    public async Task FindIncident_Written_IsItsRow()
    {
        var incident = Incident("a", 1) with
        {
            Opening = new IncidentOpening("failures-in-a-row", "answered 503", Down().Failure, Slot(0)),
            Severity = IncidentSeverity.Critical,
            Class = ChangeClass.Breaking,
            Changes = [Change()],
            Acknowledgements = [new("Ann", Slot(2), Slot(9)) { EndedAt = Slot(3), Ended = AcknowledgementEnd.Worse }],
            Notes = [new("Ben", Slot(2), "a\nb \u202e 漢")],
            Revision = 4,
        };
        await CommittedAsync(new StateChange
        {
            EndpointId = "a",
            Before = await NewEndpointAsync("a"),
            After = State(1),
            Incidents = [incident, Incident("a", 2), Incident("a", 1) with { Id = IncidentIds.Of("a", IncidentKind.Drift, Slot(1)), Kind = IncidentKind.Drift }],
        });

        AssertSame(incident, (await IncidentRows.FindIncidentAsync(incident.Id, Cancellation))?.Incident);
        Assert.Equal(IncidentKind.Drift, (await IncidentRows.FindIncidentAsync(IncidentIds.Of("a", IncidentKind.Drift, Slot(1)), Cancellation))?.Incident.Kind);
        Assert.Null(await IncidentRows.FindIncidentAsync(Incident("a", 3).Id, Cancellation));
        Assert.Null(await IncidentRows.FindIncidentAsync(Incident("b", 1).Id, Cancellation));
    }

    [Fact]
    public async Task ReplaceIncident_FromAnOlderVersion_IsTurnedDown()
    {
        await CommittedAsync(new StateChange { EndpointId = "a", Before = await NewEndpointAsync("a"), After = State(2), Incidents = [Incident("a", 1, 2, Slot(2))] });
        var read = (await IncidentRows.FindIncidentAsync(Incident("a", 1).Id, Cancellation))!;
        var noted = read.Incident with { Notes = [new("Ann", Slot(3), "first")], Revision = 1 };

        Assert.True(await IncidentRows.ReplaceIncidentAsync(read, noted, Cancellation));
        Assert.False(await IncidentRows.ReplaceIncidentAsync(read, noted with { Notes = [new("Ben", Slot(3), "second")] }, Cancellation));

        AssertSame(noted, (await IncidentRows.FindIncidentAsync(noted.Id, Cancellation))?.Incident);
        AssertSame(noted, Assert.Single(await History.ReadIncidentsAsync("a", null, 10, Cancellation)));
        AssertSame(noted, Assert.Single(await History.ReadIncidentsAsync(null, null, 10, Cancellation)));
    }

    /// <summary>What is written late, after a crash or by a slow process, undoes nothing that came after it.</summary>
    [Fact]
    public async Task ClearPending_OfAnIncidentThatWasNotedSince_LeavesTheNote()
    {
        var transition = Transition("a", 1, 2) with { Incident = Incident("a", 1, 2, Slot(2)) };
        await CommittedAsync(new StateChange
        {
            EndpointId = "a",
            Before = await NewEndpointAsync("a"),
            After = State(2),
            Incidents = [transition.Incident],
            Transitions = [transition],
        });
        var (outcome, _) = await Desk.NoteAsync(transition.Incident.Id, "Ann", "mended", isPublic: false, Cancellation);

        await Store.ClearPendingAsync([transition], Cancellation);

        Assert.Equal(IncidentOutcome.Changed, outcome);
        Assert.Equal("mended", (await IncidentRows.FindIncidentAsync(transition.Incident.Id, Cancellation))!.Incident.Notes![0].Text);
    }

    [Fact]
    public async Task Desk_ManyPeopleAndProbesAtOnce_LoseNothing()
    {
        var id = await OpenIncidentAsync();

        await Task.WhenAll(
        [
            .. Enumerable.Range(0, 6).Select(i => Desk.NoteAsync(id, "Ann", $"note {i}", isPublic: false, Cancellation)),
            Desk.AcknowledgeAsync(id, "Ben", until: null, Cancellation),
            .. Enumerable.Range(6, 3).Select(CommitAnywayAsync),
        ]);

        var open = Assert.Single((await StateOfAsync("a")).State.OpenIncidents);
        Assert.Equal(Enumerable.Range(0, 6).Select(i => $"note {i}"), open.Notes!.Select(note => note.Text).Order());
        Assert.Equal("Ben", open.AcknowledgementAt(TimeProvider.System.GetUtcNow())?.By);
        AssertSame(open, await Desk.FindAsync(id, Cancellation));

        async Task<(IncidentOutcome, Incident?)> CommitAnywayAsync(int slot)
        {
            while (true)
            {
                var before = await StateOfAsync("a");
                var after = before.State with { Since = Slot(slot) };
                if ((await Store.CommitAsync(new StateChange { EndpointId = "a", Before = before, After = after }, Cancellation)).Status is CommitStatus.Committed)
                    return (IncidentOutcome.Changed, null);
            }
        }
    }

    [Fact]
    public async Task Desk_Acknowledged_SurvivesARestart()
    {
        var id = await OpenIncidentAsync();
        await Desk.AcknowledgeAsync(id, "Ann", until: null, Cancellation);

        await ReopenAsync();

        Assert.Equal("Ann", (await Desk.FindAsync(id, Cancellation))!.AcknowledgementAt(TimeProvider.System.GetUtcNow())?.By);
        await Desk.TakeBackAsync(id, "Ann", Cancellation);
        Assert.Null((await Desk.FindAsync(id, Cancellation))!.AcknowledgementAt(TimeProvider.System.GetUtcNow()));
    }

    /// <summary>A process that dies between the commit and the hand-over leaves it to the sweep, under its id.</summary>
    [Fact]
    public async Task Desk_AcknowledgedAndNotHandedOver_IsTakenByTheSweep()
    {
        var id = await OpenIncidentAsync();
        var dying = new IncidentDesk(Endpoints, Store, IncidentRows, new Dying(), TimeProvider.System);
        await Assert.ThrowsAnyAsync<Exception>(() => dying.AcknowledgeAsync(id, "Ann", until: null, Cancellation));

        await ReopenAsync();

        var told = Assert.Single((await StateOfAsync("a")).Pending);
        Assert.Equal((IncidentIds.OfTransition(id, 2), TransitionType.Acknowledged, "Ann"), (told.Id, told.Type, told.Incident.AcknowledgementAt(told.At)?.By));
        var kept = new Kept();
        await PendingTransitions.SweepAsync(Store, kept, Cancellation);
        AssertSame(told, Assert.Single(kept.Transitions));
        Assert.Empty((await StateOfAsync("a")).Pending);
    }

    [Fact]
    public async Task Desk_NotesOfAResolvedOneAtOnce_AreAllKept()
    {
        await CommittedAsync(new StateChange { EndpointId = "a", Before = await NewEndpointAsync("a"), After = State(2), Incidents = [Incident("a", 1, 2, Slot(2))] });
        var id = Incident("a", 1).Id;

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Desk.NoteAsync(id, "Ann", $"note {i}", isPublic: false, Cancellation)));

        Assert.All(outcomes, outcome => Assert.Equal(IncidentOutcome.Changed, outcome.Outcome));
        Assert.Equal(6, (await Desk.FindAsync(id, Cancellation))!.Notes!.Count);
        Assert.Equal(IncidentOutcome.Resolved, (await Desk.AcknowledgeAsync(id, "Ann", null, Cancellation)).Outcome);
    }

    private async Task<string> OpenIncidentAsync()
    {
        var incident = Incident("a", 5);
        await CommittedAsync(new StateChange
        {
            EndpointId = "a",
            Before = await NewEndpointAsync("a"),
            After = State(5) with { OpenIncidents = [incident] },
            Incidents = [incident],
        });
        return incident.Id;
    }

    private sealed class Dying : IAlertOutbox
    {
        public Task HandOverAsync(Transition transition, CancellationToken cancellationToken) => throw new InvalidOperationException("The process dies here.");
    }

    private sealed class Kept : IAlertOutbox
    {
        public List<Transition> Transitions { get; } = [];

        public Task HandOverAsync(Transition transition, CancellationToken cancellationToken)
        {
            Transitions.Add(transition);
            return Task.CompletedTask;
        }
    }

    /// <summary>Nobody hears of what these tests do.</summary>
    private sealed class Nobody : IAlertOutbox
    {
        public Task HandOverAsync(Transition transition, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
