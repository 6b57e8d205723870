"""What holds for every calendar: the reference agrees, the list agrees with the single instant, nothing overbooks."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.services.scheduling.slots import (
    Calendar,
    Slot,
    Starts,
    Taken,
    Unavailable,
    Window,
    in_zone,
    reasons_against,
    slot_at,
    slots_between,
)
from app.services.scheduling.wall_clock import instant_of
from tests.services.scheduling import reference

thorough = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])

# The UTC day of a change of the clock, or an ordinary one, in zones that change in every way there is: by thirty
# minutes, by two or three hours, by a whole day, at midnight, just after it, back over it, around Ramadan.
ANCHORS = [
    ("America/New_York", (2026, 3, 8)),
    ("America/New_York", (2026, 11, 1)),
    ("Europe/London", (2026, 3, 29)),
    ("Europe/London", (2026, 10, 25)),
    ("Australia/Lord_Howe", (2026, 4, 4)),
    ("Australia/Lord_Howe", (2026, 10, 3)),
    ("Asia/Kathmandu", (2026, 6, 2)),
    ("Pacific/Apia", (2011, 9, 24)),
    ("Pacific/Apia", (2011, 12, 30)),
    ("Pacific/Apia", (2012, 3, 31)),
    ("UTC", (2028, 2, 29)),
    ("Africa/Casablanca", (2026, 2, 15)),
    ("Africa/Casablanca", (2026, 3, 22)),
    ("America/Sao_Paulo", (2018, 2, 18)),
    ("America/Sao_Paulo", (2018, 11, 4)),
    ("Asia/Tehran", (2022, 3, 21)),
    ("Asia/Tehran", (2022, 9, 21)),
    ("Antarctica/Troll", (2026, 3, 29)),
    ("Antarctica/Troll", (2026, 10, 25)),
    ("America/St_Johns", (2010, 3, 14)),
    ("America/St_Johns", (2010, 11, 7)),
    ("Antarctica/Casey", (2010, 3, 4)),
    ("Antarctica/Casey", (2020, 10, 3)),
]
OUTSIDE_THE_GRID = {Unavailable.OUTSIDE_AVAILABILITY, Unavailable.NOT_A_SLOT_START}


@dataclass(frozen=True)
class Question:
    """A calendar, the range of its slots that is looked at, the present, and when the member is busy."""

    calendar: Calendar
    start: datetime
    end: datetime
    now: datetime
    busy: tuple[tuple[int, int], ...]


@st.composite
def day_windows(draw: st.DrawFn, day_of_week: int) -> list[Window]:
    """Up to three windows of one day that do not overlap but may touch; often at its ends, where most clocks change."""
    quarters = st.sampled_from([0, 0, 4, 6, 8, 9, 10, 12, 14, 16, 20, 36, 48, 68, 88, 92, 94, 96, 96])
    minute = quarters.map(lambda quarter: quarter * 15) | st.integers(0, 1440)
    cuts = sorted(draw(st.sets(minute, min_size=2, max_size=4)))
    pairs = [pair for pair in pairwise(cuts) if draw(st.sampled_from([True, True, False]))]
    return [Window(day_of_week, start, end, draw(st.integers(1, 3))) for start, end in pairs]


@st.composite
def moments(draw: st.DrawFn, around: datetime) -> datetime:
    """Within two days, mostly on a round minute."""
    rounds = draw(st.sampled_from([30, 15, 5, 1]))
    minutes = draw(st.integers(-2880 // rounds, 2880 // rounds)) * rounds
    extra = draw(st.sampled_from([timedelta()] * 6 + [timedelta(seconds=1), timedelta(microseconds=1)]))
    return around + timedelta(minutes=minutes) + extra


@st.composite
def spans(draw: st.DrawFn, calendar: Calendar, anchor: datetime, max_size: int) -> list[tuple[int, int]]:
    """Epoch seconds: most begin or end, to the second, where some slot or its buffer does."""
    around, buffer = timedelta(days=2), calendar.buffer_minutes * 60
    slots = slots_between(calendar, anchor - around, anchor + around, anchor)
    edges = [int(edge.timestamp()) for slot in slots for edge in (slot.starts_at, slot.ends_at)]
    anywhere = moments(anchor).map(lambda moment: int(moment.timestamp()))
    point = st.sampled_from(edges) | anywhere if edges else anywhere
    lengths = st.sampled_from([calendar.session_minutes * 60, 1, 60, 86_400]) | st.integers(1, 18_000)
    found = []
    for _ in range(draw(st.integers(0, max_size))):
        at, length = draw(point) + draw(st.sampled_from([0, 0, 0, buffer, -buffer])), draw(lengths)
        found.append((at, at + length) if draw(st.booleans()) else (at - length, at))
    return found


@st.composite
def questions(draw: st.DrawFn) -> Question:
    zone, day = draw(st.sampled_from(ANCHORS))
    anchor = datetime(*day, tzinfo=UTC)
    windows = [window for number in range(1, 8) for window in draw(day_windows(number))]
    empty = Calendar(
        coach_id=UUID(int=1),
        version=1,
        is_active=draw(st.sampled_from([True] * 7 + [False])),
        time_zone=zone,
        session_minutes=draw(st.sampled_from([5, 15, 30, 45, 50, 60, 90, 180])),
        buffer_minutes=draw(st.sampled_from([0, 0, 5, 10, 60])),
        slot_interval_minutes=draw(st.sampled_from([None, None, 7, 15, 30, 60, 75])),
        min_notice_minutes=draw(st.sampled_from([0, 0, 120, 1440])),
        booking_window_days=draw(st.sampled_from([0, 1, 3, 60, 60, 60])),
        windows=tuple(draw(st.permutations(windows))),
        time_off=(),
        taken=(),
    )
    lasting = dict(draw(spans(empty, anchor, 8)))
    seats = st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(0, 2)).filter(any)
    taken = tuple(Taken(at, lasting[at], *draw(seats)) for at in sorted(lasting))
    start = anchor - draw(
        st.sampled_from([timedelta(days=1.5), timedelta(days=1, microseconds=-1), timedelta(hours=7)])
    )
    length = timedelta(hours=draw(st.sampled_from([72, 60, 36, 13])), seconds=draw(st.sampled_from([0, 0, 1])))
    return Question(
        calendar=replace(empty, taken=taken, time_off=tuple(draw(spans(empty, anchor, 2)))),
        start=start,
        end=start + length,
        now=draw(moments(anchor - timedelta(days=draw(st.sampled_from([0, 2, 4, 4]))))),
        busy=tuple(draw(spans(empty, anchor, 2))),
    )


def listed(question: Question) -> list[Slot]:
    return slots_between(question.calendar, question.start, question.end, question.now, question.busy)


@st.composite
def instants(draw: st.DrawFn, question: Question) -> datetime:
    """Any instant, or one near an offered start."""
    slots = listed(question)
    if not slots or draw(st.booleans()):
        return draw(moments(question.start + timedelta(days=1.5)))
    nearby = st.sampled_from([timedelta(), timedelta(microseconds=1), timedelta(seconds=-1), timedelta(hours=1)])
    return draw(st.sampled_from(slots)).starts_at + draw(nearby)


@settings(thorough, max_examples=100)
@given(questions())
def test_the_list_is_the_references_list(question: Question) -> None:
    expected = reference.slots_between(question.calendar, question.start, question.end, question.now, question.busy)

    assert listed(question) == expected


@settings(thorough, max_examples=100)
@given(questions(), st.data())
def test_the_reasons_against_any_instant_are_the_references(question: Question, data: st.DataObject) -> None:
    starts = [slot.starts_at for slot in listed(question)]
    for instant in starts[::3] + [data.draw(instants(question)) for _ in range(4)]:
        expected = reference.reasons_against(question.calendar, instant, question.now, question.busy)

        assert reasons_against(question.calendar, instant, question.now, question.busy) == expected


@settings(thorough, max_examples=50)
@given(questions(), st.sampled_from([zone for zone, _ in ANCHORS]))
def test_the_local_fields_are_what_the_clock_of_any_zone_shows(question: Question, zone: str) -> None:
    for slot in in_zone(listed(question), zone):
        shown = slot.starts_at.astimezone(ZoneInfo(zone))

        assert (slot.time_zone, slot.local_date, slot.local_time) == (zone, shown.date(), shown.time())
        assert slot.utc_offset_minutes == reference.offset_minutes(shown)


@settings(thorough, max_examples=50)
@given(questions(), st.data())
def test_nothing_changes_before_the_instant_until_which_slots_stay_the_same(
    question: Question, data: st.DataObject
) -> None:
    starts = Starts.between(question.calendar, question.start, question.end)
    until = starts.same_until(question.now)
    assume(until is not None)
    assert until is not None
    left = until - instant_of(question.now)
    assert left > 0

    for later in (0, left - 1, data.draw(st.integers(0, left - 1))):
        now = question.now + timedelta(microseconds=later)

        assert starts.judged(now, question.busy) == listed(question)
        assert starts.same_until(now) == until


@settings(thorough, max_examples=50)
@given(questions())
def test_listed_means_bookable(question: Question) -> None:
    for slot in listed(question):
        reasons = reasons_against(question.calendar, slot.starts_at, question.now, question.busy)

        assert slot.unavailable_reason == (reasons[0] if reasons else None)
        assert slot.is_bookable == (reasons == [])
        assert not OUTSIDE_THE_GRID & set(reasons)
        assert slot_at(question.calendar, slot.starts_at, question.now, question.busy) == slot


@settings(thorough, max_examples=50)
@given(questions(), st.data())
def test_what_is_not_listed_is_not_bookable(question: Question, data: st.DataObject) -> None:
    instant = data.draw(instants(question))

    slot = slot_at(question.calendar, instant, question.now, question.busy)
    reasons = reasons_against(question.calendar, instant, question.now, question.busy)

    assert len(OUTSIDE_THE_GRID & set(reasons)) == (1 if slot is None else 0)
    assert reasons == sorted(reasons, key=list(Unavailable).index)


@settings(thorough, max_examples=50)
@given(questions(), st.data())
def test_a_range_may_be_cut_anywhere(question: Question, data: st.DataObject) -> None:
    middle = data.draw(instants(question).filter(lambda instant: question.start <= instant <= question.end))

    parts = listed(replace(question, end=middle)) + listed(replace(question, start=middle))

    assert parts == listed(question)


@settings(thorough, max_examples=25)
@given(questions())
def test_5_3_booking_all_that_is_bookable_overbooks_nothing(question: Question) -> None:
    question = replace(question, calendar=replace(question.calendar, taken=(), is_active=True), busy=())
    seats: dict[tuple[int, int], int] = {}

    while bookable := [slot for slot in listed(question) if slot.is_bookable]:
        slot = bookable[len(bookable) // 2]
        span = (int(slot.starts_at.timestamp()), int(slot.ends_at.timestamp()))
        seats[span] = seats.get(span, 0) + 1
        assert seats[span] <= slot.capacity
        taken = tuple(Taken(*span, booked) for span, booked in sorted(seats.items()))
        question = replace(question, calendar=replace(question.calendar, taken=taken))

    booked = sorted(seats)
    buffer = question.calendar.buffer_minutes * 60
    assert all(later[0] - earlier[1] >= buffer for earlier, later in pairwise(booked))
