"""The dates of a series: one time on the coach's clock, whatever the clock does; and what stands in each one's way."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.scheduling.series_dates import shifted, weekly
from tests.operations import ADD_TIME_OFF, EXPLAIN, add_window, booked, nothing_written
from tests.practice import Person, Practice
from tests.services.scheduling.repeating import PREVIEW, asked, previewed, reasons, starts

LONDON, NEW_YORK = "Europe/London", "America/New_York"


async def far_ahead(practice: Practice, zone: str, day: str = "MONDAY", **window: Any) -> Person:
    coach = await practice.coach(time_zone=zone, booking_window_days=730)
    await add_window(practice, coach, day, **window)
    return coach


@pytest.mark.parametrize(
    ("zone", "first", "expected"),
    [
        (LONDON, "2026-03-16T09:00:00Z", ["03-16 09:00", "03-23 09:00", "03-30 08:00", "04-06 08:00"]),
        (LONDON, "2026-10-12T08:00:00Z", ["10-12 08:00", "10-19 08:00", "10-26 09:00", "11-02 09:00"]),
        (NEW_YORK, "2026-03-02T14:00:00Z", ["03-02 14:00", "03-09 13:00", "03-16 13:00", "03-23 13:00"]),
        (NEW_YORK, "2026-10-19T13:00:00Z", ["10-19 13:00", "10-26 13:00", "11-02 14:00", "11-09 14:00"]),
    ],
)
async def test_nine_stays_nine_on_the_coachs_clock_when_it_changes(
    practice: Practice, zone: str, first: str, expected: list[str]
) -> None:
    coach = await far_ahead(practice, zone)
    member = await practice.member(coach)

    dates = await previewed(practice, member, coach, first, 4)

    assert starts(dates) == expected
    assert {each["localTime"] for each in dates} == {"09:00:00"}
    assert reasons(dates) == [[], [], [], []]


async def test_the_members_own_zone_has_no_say(practice: Practice) -> None:
    """Between 8 and 29 March New York is an hour nearer to London than it is else."""
    coach = await far_ahead(practice, NEW_YORK)
    member = await practice.member(coach)
    async with practice.as_system() as db:
        member.user.time_zone = LONDON
        db.add(member.user)

    dates = await previewed(practice, member, coach, "2026-03-02T14:00:00Z", 5)

    shown = [datetime.fromisoformat(each["startsAt"]).astimezone(ZoneInfo(LONDON)).hour for each in dates]
    assert shown == [14, 13, 13, 13, 14]
    assert [each["isBookable"] for each in dates] == [True] * 5


async def test_every_second_week(practice: Practice) -> None:
    coach = await far_ahead(practice, "UTC")
    member = await practice.member(coach)

    dates = await previewed(practice, member, coach, "2026-03-02T09:00:00Z", 3, 2)

    assert [each["localDate"] for each in dates] == ["2026-03-02", "2026-03-16", "2026-03-30"]
    assert dates[0]["endsAt"].startswith("2026-03-02T10:00:00")


async def test_a_time_that_the_clock_leaves_out_is_no_slot_that_day(practice: Practice) -> None:
    """On 29 March London's clock goes from 01:00 to 02:00: the slot at 02:00 is another one."""
    coach = await far_ahead(practice, LONDON, "SUNDAY", start="00:00", end="05:00")
    member = await practice.member(coach)

    dates = await previewed(practice, member, coach, "2026-03-22T01:00:00Z", 3)

    assert starts(dates) == ["03-22 01:00", "03-29 01:00", "04-05 00:00"]
    assert [(each["localDate"], each["localTime"]) for each in dates][1] == ("2026-03-29", "01:00:00")
    assert reasons(dates) == [[], ["NOT_A_SLOT_START"], []]
    two_o_clock = await practice.ask(EXPLAIN, member, coachId=coach.id, startsAt="2026-03-29T01:00:00Z")
    assert two_o_clock["isBookable"], "to whoever asks for it as what it is"


async def test_a_time_that_the_clock_leaves_out_where_the_coach_is_away_is_outside_availability(
    practice: Practice,
) -> None:
    coach = await far_ahead(practice, LONDON)
    member = await practice.member(coach)

    dates = await previewed(practice, member, coach, "2026-03-22T01:00:00Z", 2)

    assert reasons(dates) == [["OUTSIDE_AVAILABILITY"], ["OUTSIDE_AVAILABILITY"]]


async def test_a_time_that_the_clock_shows_twice_is_taken_once_and_first(practice: Practice) -> None:
    coach = await far_ahead(practice, LONDON, "SUNDAY", start="00:00", end="05:00")
    member = await practice.member(coach)

    dates = await previewed(practice, member, coach, "2026-10-18T00:00:00Z", 3)

    assert starts(dates) == ["10-18 00:00", "10-25 00:00", "11-01 01:00"]
    assert reasons(dates) == [[], [], []]


async def test_the_first_date_is_the_very_instant_that_is_asked_for(practice: Practice) -> None:
    """The second 01:00 of 25 October is none that the coach offers."""
    coach = await far_ahead(practice, LONDON, "SUNDAY", start="00:00", end="05:00")
    member = await practice.member(coach)

    dates = await previewed(practice, member, coach, "2026-10-25T01:00:00Z", 2)

    assert starts(dates) == ["10-25 01:00", "11-01 01:00"]
    assert reasons(dates) == [["NOT_A_SLOT_START"], []]


async def test_each_date_has_every_reason_that_explain_slot_gives(practice: Practice) -> None:
    coach, elsewhere = await far_ahead(practice, "UTC"), await far_ahead(practice, "UTC")
    coach_asked = {"startsAt": "2026-03-16T00:00:00Z", "endsAt": "2026-03-17T00:00:00Z"}
    await practice.ask(ADD_TIME_OFF, coach, input=coach_asked)
    member, other = await practice.member(coach), await practice.member(coach)
    await booked(practice, other, coach, "2026-03-09T09:00:00Z")
    async with practice.as_system() as db:
        elsewhere.coach.booking_audience = "MEMBERS"  # type: ignore[union-attr, assignment]
        db.add(elsewhere.coach)
    await booked(practice, member, elsewhere, "2026-03-23T09:00:00Z")

    dates = await previewed(practice, member, coach, "2026-03-02T09:00:00Z", 5)

    assert reasons(dates) == [[], ["FULL"], ["TIME_OFF"], ["MEMBER_BUSY"], []]
    for each in dates:
        explained = await practice.ask(EXPLAIN, member, coachId=coach.id, startsAt=each["startsAt"])
        assert explained["reasons"] == each["reasons"]


async def test_a_year_of_dates_is_read_at_once(practice: Practice) -> None:
    coach = await practice.coach(booking_window_days=100)
    await add_window(practice, coach)
    member = await practice.member(coach)

    dates = await previewed(practice, member, coach, "2026-03-02T09:00:00Z", 52, 2)

    assert len(dates) == 52
    assert [each["isBookable"] for each in dates] == [True] * 8 + [False] * 44
    assert reasons(dates)[8] == ["TOO_FAR_AHEAD"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("occurrences", 0), ("occurrences", 53), ("occurrences", 500), ("everyWeeks", 0), ("everyWeeks", 3)],
)
async def test_a_series_has_one_to_fifty_two_dates_every_week_or_every_second_one(
    practice: Practice, field: str, value: int
) -> None:
    coach = await far_ahead(practice, "UTC")
    member = await practice.member(coach)

    refused = await practice.refusal(PREVIEW, member, **{**asked(coach, "2026-03-02T09:00:00Z", 2), field: value})

    assert (refused["code"], refused["field"]) == ("BAD_USER_INPUT", field)


async def test_a_place_that_is_held_for_the_asker_is_not_in_their_way(practice: Practice) -> None:
    coach = await far_ahead(practice, "UTC")
    member, other = await practice.member(coach), await practice.member(coach)
    hold = "mutation ($input: HoldSlotInput!) { holdSlot(input: $input) { __typename } }"
    await practice.ask(hold, member, input={"coachId": coach.id, "startsAt": "2026-03-09T09:00:00Z"})

    mine = await previewed(practice, member, coach, "2026-03-02T09:00:00Z", 2)
    others = await previewed(practice, other, coach, "2026-03-02T09:00:00Z", 2)

    assert (reasons(mine), reasons(others)) == ([[], []], [[], ["FULL"]])


async def test_a_coach_and_an_admin_look_for_a_member(practice: Practice) -> None:
    coach, elsewhere = await far_ahead(practice, "UTC"), await far_ahead(practice, "UTC")
    member = await practice.member(elsewhere)
    await booked(practice, member, elsewhere, "2026-03-09T09:00:00Z")
    admin = await practice.admin()

    for who in (elsewhere, admin):
        dates = await previewed(practice, who, elsewhere, "2026-03-02T10:00:00Z", 2, memberId=member.id)
        assert reasons(dates) == [[], []]
        dates = await previewed(practice, who, elsewhere, "2026-03-02T09:00:00Z", 2, memberId=member.id)
        assert reasons(dates) == [[], ["FULL", "MEMBER_BUSY"]]
    assert reasons(await previewed(practice, coach, coach, "2026-03-02T09:00:00Z", 1)) == [[]]


async def test_who_may_not_ask_is_refused_without_a_trace(practice: Practice) -> None:
    coach, stranger = await far_ahead(practice, "UTC"), await far_ahead(practice, "UTC")
    member, other = await practice.member(coach), await practice.member(coach)
    foreign = await practice.member(stranger)
    wanted = asked(coach, "2026-03-02T09:00:00Z", 2)

    async with nothing_written(practice):
        codes = [
            (await practice.refusal(PREVIEW, who, **wanted, **more))["code"]
            for who, more in (
                (None, {}),
                (foreign, {}),
                (member, {"memberId": other.id}),
                (coach, {"memberId": foreign.id}),
                (stranger, {"memberId": member.id}),
                (stranger, {"memberId": foreign.id}),
            )
        ]

    assert codes == ["UNAUTHENTICATED", *["FORBIDDEN"] * 5]


# Arithmetic

ZONES = (LONDON, NEW_YORK, "Australia/Lord_Howe", "Africa/Casablanca", "Antarctica/Troll", "Asia/Kathmandu", "UTC")
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
minutes_of_2026 = st.integers(0, 525_600).map(lambda minute: NEW_YEAR + timedelta(minutes=minute))


@settings(deadline=None)
@given(zone=st.sampled_from(ZONES), first=minutes_of_2026, every=st.sampled_from([1, 2]))
def test_every_date_is_shown_as_the_first_one_unless_the_clock_leaves_it_out(
    zone: str, first: datetime, every: int
) -> None:
    dates = weekly(zone, first, every, 52)

    clock = ZoneInfo(zone)
    shown = [each.starts_at.astimezone(clock) for each in dates]
    assert dates[0].starts_at == first
    for number, (each, local) in enumerate(zip(dates, shown, strict=True)):
        assert each.local_date == shown[0].date() + timedelta(weeks=every * number)
        assert each.local_time == shown[0].time()
        assert each.exists == ((local.date(), local.time()) == (each.local_date, each.local_time))
        assert number == 0 or local.fold == 0, "of two the first"


@settings(deadline=None)
@given(zone=st.sampled_from(ZONES), first=minutes_of_2026, by=st.integers(-20_000, 20_000))
def test_all_move_by_as_much_on_the_clock(zone: str, first: datetime, by: int) -> None:
    moments = [each.starts_at for each in weekly(zone, first, 1, 20) if each.exists]
    to = first + timedelta(minutes=by)

    moved = shifted(zone, moments, first, to)

    target = to.astimezone(ZoneInfo(zone))
    assert moved[0].starts_at == to
    weeks = [(moment.astimezone(ZoneInfo(zone)).date() - first.astimezone(ZoneInfo(zone)).date()) for moment in moments]
    assert [each.local_date for each in moved] == [target.date() + week for week in weeks]
    assert {each.local_time for each in moved} == {target.time()}
