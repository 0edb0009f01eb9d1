using McpProbe.CrashTest.Soak;
using McpProbe.CrashTest.Truth;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.CrashTest.Tests;

/// <summary>The judges of the soak are themselves able to say no.</summary>
public sealed class SoakJudgeTests
{
    private static readonly Endpoint A = new() { Id = "a", Url = new Uri("http://127.0.0.1/mcp"), FailureThreshold = 2 };
    private static readonly DateTimeOffset First = Schedule.NextSlot(A, new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));

    // Ten slots, and half a minute around them.
    private static readonly Stretch Life = new(Slot(0).AddSeconds(-30), Slot(9).AddSeconds(30), TimeSpan.Zero, Fresh: true, StretchEnd.Ended);
    private static readonly Outage DownFrom3To7 = new(Slot(3).AddSeconds(-20), Slot(7).AddSeconds(-20));

    [Fact]
    public void Slots_AllRecorded_FindsNothing() => Assert.Empty(Slots([Life], Truth()));

    [Fact]
    public void Slots_ProbedLongBeforeTheEndAndNotRecorded_IsLost() =>
        Says("has no result of it", Slots([Life], Truth() with { Results = Results(except: 4) }));

    [Fact]
    public void Slots_ProbedJustBeforeAKillAndNotRecorded_WasInFlight()
    {
        var life = Life with { Until = Slot(9).AddSeconds(1.5), End = StretchEnd.Killed };

        Assert.Empty(Slots([life], Truth() with { Results = Results(except: 9) }));
        Says("has no result of it", Slots([life with { Until = Slot(9).AddSeconds(4) }], Truth() with { Results = Results(except: 9) }));
    }

    [Fact]
    public void Slots_LeftOutWhileTheProcessLived_AreMissed() =>
        Says("were not probed", Slots([Life], Truth() with { Results = Results(except: 4), Attentions = Attentions(except: 4) }));

    [Fact]
    public void Slots_LostOnAFullDisk_AreExcusedInThatTimeOnly()
    {
        Assert.Empty(Slots([Life], Truth() with { Results = Results(except: 4) }, new Excuse(Slot(3), Slot(5))));
        Says("has no result of it", Slots([Life], Truth() with { Results = Results(except: 4) }, new Excuse(Slot(4).AddSeconds(10), Slot(5))));
        Says("has no result of it", Slots([Life], Truth() with { Results = Results(except: 4) }, new Excuse(Slot(6), Slot(7))));
    }

    [Fact]
    public void Slots_OneTwice_IsFound() =>
        Says("two results", Slots([Life], Truth() with { Results = [.. Results(), new Recorded(Slot(4), Slot(4), Verdict.Healthy, TimedOut: false)] }));

    [Fact]
    public void Slots_ResultOfNoSlot_IsFound() =>
        Says("is no slot", Slots([Life], Truth() with { Results = [.. Results(), new Recorded(Slot(4).AddSeconds(1), Slot(4), Verdict.Healthy, TimedOut: false)] }));

    [Fact]
    public void Slots_ResultSaysUpOfOneThatWasDown_IsWrong() =>
        Says("says Healthy", Slots([Life], Truth() with { Outages = [DownFrom3To7] }));

    [Fact]
    public void Slots_ResultSaysDownOfOneThatWasUp_IsWrong() =>
        Says("says Down", Slots([Life], Truth() with { Results = Results(down: [5]) }));

    [Fact]
    public void Slots_ResultOfNoProbe_IsFound() =>
        Says("was not asked", Slots([Life], Truth() with { Attentions = Attentions(except: 4) }));

    [Fact]
    public void Slots_DownAndNotReached_IsBelieved() =>
        Assert.Empty(Slots([Life], Truth() with { Results = Results(down: [4]), Attentions = Attentions(except: 4) }));

    // At its start a process finds the slot open that began while none lived; later the clock shows that time again.
    [Fact]
    public void Slots_ClockShowsATimeTwice_AResultIsOfEitherProbe()
    {
        var back = Slot(6).AddSeconds(30);
        Stretch[] lives =
        [
            Life with { Until = Slot(3).AddSeconds(-5), End = StretchEnd.Killed },
            new(Slot(3).AddSeconds(5), back, TimeSpan.Zero, Fresh: true, StretchEnd.ClockSet),
            new(back, Slot(9).AddSeconds(30), TimeSpan.FromMinutes(-4), Fresh: false, StretchEnd.Ended),
        ];
        var truth = Truth() with
        {
            Outages = [new(Slot(6).AddSeconds(40), null)],
            Results = [.. Results(down: [6], except: [3, 7, 8, 9]), new Recorded(Slot(3), Slot(3).AddSeconds(6), Verdict.Healthy, TimedOut: false)],
            Attentions = [.. Attentions(except: 3), Seen(Slot(3).AddSeconds(6))],
        };

        Says("up", Slots(lives, truth));
        Assert.Empty(Slots(lives, truth with { Results = [.. truth.Results.Where(result => result.Verdict is Verdict.Healthy), new Recorded(Slot(6), Slot(6), Verdict.Healthy, TimedOut: false)] }));
    }

    // It works on for a moment before it notices, and then works that time again.
    [Fact]
    public void AroundAClockThatIsSetBack_WhatWasSeenBeforeItWasNoticed_IsNotHeldAgainstTheHead()
    {
        var back = Slot(4).AddSeconds(-1);
        Stretch[] lives = [Life with { Until = back, End = StretchEnd.ClockSet }, new(back, Slot(9), TimeSpan.FromSeconds(-90), Fresh: false, StretchEnd.Ended)];
        var truth = Truth() with
        {
            Outages = [new(Slot(5), null)],
            Attentions = [.. Enumerable.Range(0, 5).Select(number => Seen(Slot(number))), .. Enumerable.Range(3, 5).Select(number => Seen(Slot(number).AddSeconds(90)))],
            Results = Results(down: [5, 6, 7], except: [8, 9]),
        };

        Assert.Empty(Slots(lives, truth));
        Says("says Healthy", Slots([lives[0] with { Until = back.AddSeconds(-9) }, lives[1] with { From = back.AddSeconds(-9) }], truth));
    }

    [Fact]
    public void Slots_ClockSetAhead_AreThoseOfTheNewTime()
    {
        var ahead = TimeSpan.FromMinutes(3);
        Stretch[] lives = [Life with { Until = Slot(3).AddSeconds(30), End = StretchEnd.ClockSet }, new(Slot(3).AddSeconds(30), Slot(6).AddSeconds(30), ahead, Fresh: false, StretchEnd.Ended)];
        // 4, 5 and 6 are jumped over, and 7 to 9 are probed three minutes before their time.
        var truth = Truth() with
        {
            Results = Results(except: [4, 5, 6]),
            Attentions = [.. Enumerable.Range(0, 4).Select(number => Seen(Slot(number))), .. Enumerable.Range(7, 3).Select(number => Seen(Slot(number) - ahead))],
        };

        Assert.Empty(Slots(lives, truth));
        Says("has no result of it", Slots(lives, truth with { Results = Results(except: [4, 5, 6, 8]) }));
    }

    // It jumps over slot 4, judges slot 5, and is set back: slot 4 comes, older than the last judged one.
    [Fact]
    public void Slots_JumpedOverAndThenOlderThanOneJudgedAhead_AreExcused()
    {
        var (ahead, jump, back) = (TimeSpan.FromSeconds(90), Slot(3).AddSeconds(30), Slot(3).AddSeconds(50));
        Stretch[] lives =
        [
            Life with { Until = jump, End = StretchEnd.ClockSet },
            new(jump, back, ahead, Fresh: false, StretchEnd.ClockSet),
            new(back, Slot(9).AddSeconds(30), TimeSpan.Zero, Fresh: false, StretchEnd.Ended),
        ];
        var truth = Truth() with
        {
            Results = [.. Results(except: [4, 5]), new Recorded(Slot(5), jump + ahead, Verdict.Healthy, TimedOut: false)],
            Attentions = [.. Attentions(except: [4, 5]), Seen(jump)],
        };

        Assert.Empty(Slots(lives, truth));
        Says("were not probed", Slots(lives, truth with { Results = [.. truth.Results.Where(result => result.Slot != Slot(7))], Attentions = [.. truth.Attentions.Where(seen => seen.From < Slot(7) || seen.From > Slot(8))] }));
    }

    [Fact]
    public void Incidents_AsTheScript_FindsNothing() => Assert.Empty(Incidents(DownTruth(), Outage(Slot(4), Slot(7))));

    [Fact]
    public void Incidents_DownLongEnoughAndNoneOpened_IsFound() => Says("no incident of", Incidents(DownTruth()));

    [Fact]
    public void Incidents_DownTooShortlyAndNoneOpened_FindsNothing() =>
        Assert.Empty(Incidents(DownTruth() with { Outages = [DownFrom3To7 with { End = Slot(5).AddSeconds(-20) }], Results = Results(down: [3, 4]) }));

    [Fact]
    public void Incidents_OpenedAndNothingWasWrong_IsFound() => Says("nothing was wrong", Incidents(Truth(), Outage(Slot(4), Slot(5))));

    [Fact]
    public void Incidents_DriftOpenedDuringAnOutage_IsFound() =>
        Says("nothing was wrong", Incidents(DownTruth(), Outage(Slot(4), Slot(7)), Outage(Slot(4), Slot(7)) with { Kind = IncidentKind.Drift }));

    [Fact]
    public void Incidents_StillOpenOfOneThatIsUp_IsFound() => Says("is not in a state of Outage at the end", Incidents(DownTruth(), Outage(Slot(4), null)));

    [Fact]
    public void Incidents_ResolvedOfOneThatIsDown_IsFound() =>
        Says("is in a state of Outage at the end", Incidents(
            DownTruth() with { Outages = [DownFrom3To7 with { End = null }], Results = Results(down: [3, 4, 5, 6, 7, 8, 9]) }, Outage(Slot(4), Slot(7))));

    [Fact]
    public void Incidents_DriftSeenLongEnoughAndNoneOpened_IsFound() =>
        Says("no incident of", Incidents(Truth() with { Drifts = [DownFrom3To7] }));

    // The endpoint was well for a moment, too shortly to resolve; and the incident is named after a slot that came while no process lived.
    [Fact]
    public void Incidents_OpenSinceTheTroubleBefore_CoversThisOneToo()
    {
        Stretch[] lives = [Life with { Until = Slot(1).AddSeconds(-5), End = StretchEnd.Killed }, Life with { From = Slot(1).AddSeconds(5) }];
        var truth = DownTruth() with
        {
            Outages = [new(Slot(0).AddSeconds(20), Slot(3).AddSeconds(-22)), DownFrom3To7],
            Results = Results(down: [1, 2, 3, 4, 5, 6]),
        };

        Assert.Empty(Incidents(lives, truth, Outage(Slot(1), Slot(7))));
        Says("no incident of Outage opened", Incidents(lives, truth, Outage(Slot(1), Slot(2))));
    }

    [Fact]
    public void Memory_Flat_FindsNothing() => Assert.Empty(Memory(_ => 100, _ => 60, _ => 30));

    [Fact]
    public void Memory_Grows_IsFound() => Says("MB of memory grew", Memory(number => 100 + number, _ => 60, _ => 30));

    [Fact]
    public void Handles_Grow_IsFound() => Says("open files and sockets grew", Memory(_ => 100, number => 60 + number, _ => 30));

    [Fact]
    public void Threads_Grow_IsFound() => Says("threads grew", Memory(_ => 100, _ => 60, number => 30 + number));

    [Fact]
    public void Memory_NeverWarm_SaysThatNothingWasSeen() =>
        Says("warm samples", Flat([.. Enumerable.Range(0, 90).Select(_ => new Sample(1, TimeSpan.FromSeconds(30), 100, 60, 30))]));

    private static DateTimeOffset Slot(int number) => First + A.Interval * number;

    private static WatchedTruth Truth() => new(A, [], [], Attentions(), Results());

    private static WatchedTruth DownTruth() => Truth() with { Outages = [DownFrom3To7], Results = Results(down: [3, 4, 5, 6]) };

    private static List<Recorded> Results(params int[] except) => Results([], except);

    private static List<Recorded> Results(int[] down, params int[] except) =>
    [
        .. Enumerable.Range(0, 10).Except(except).Select(number => new Recorded(Slot(number), Slot(number), down.Contains(number) ? Verdict.Down : Verdict.Healthy, TimedOut: false)),
    ];

    private static List<Attention> Attentions(params int[] except) => [.. Enumerable.Range(0, 10).Except(except).Select(number => Seen(Slot(number)))];

    private static Attention Seen(DateTimeOffset at) => new(at.AddMilliseconds(5), at.AddMilliseconds(900));

    private static Incident Outage(DateTimeOffset from, DateTimeOffset? until) =>
        new(IncidentIds.Of("a", IncidentKind.Outage, from), "a", IncidentKind.Outage, from, until, "failures-in-a-row", until is null ? 1 : 2, "answered 503");

    private static IReadOnlyList<string> Slots(Stretch[] lives, WatchedTruth truth, params Excuse[] forgotten)
    {
        var comparison = new Comparison();
        new SlotCheck(comparison, lives, forgotten, new SlotPromise(GapAfter: TimeSpan.Zero)).Check([truth]);
        return comparison.Failures;
    }

    private static IReadOnlyList<string> Incidents(WatchedTruth truth, params Incident[] incidents) => Incidents([Life], truth, incidents);

    private static IReadOnlyList<string> Incidents(Stretch[] lives, WatchedTruth truth, params Incident[] incidents)
    {
        var comparison = new Comparison();
        new IncidentCheck(comparison, lives, []).Check([truth], incidents, []);
        return comparison.Failures;
    }

    private static IReadOnlyList<string> Memory(Func<int, double> megabytes, Func<int, int> handles, Func<int, int> threads) =>
        Flat([.. Enumerable.Range(0, 120).Select(number => new Sample(1, TimeSpan.FromSeconds(60 + 5 * number), megabytes(number), handles(number), threads(number)))]);

    private static IReadOnlyList<string> Flat(IReadOnlyList<Sample> samples)
    {
        var comparison = new Comparison();
        Flatness.Check(comparison, "the server", samples);
        return comparison.Failures;
    }

    private static void Says(string words, IReadOnlyList<string> failures) =>
        Assert.Contains(failures, failure => failure.Contains(words, StringComparison.Ordinal));
}
