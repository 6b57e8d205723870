"""What the tests of series share."""

from datetime import UTC, datetime
from typing import Any

from tests.operations import PROBLEM
from tests.practice import Person, Practice

DATE = "startsAt endsAt localDate localTime isBookable reasons { code message }"
PREVIEW = (
    "query ($coachId: ID!, $startsAt: DateTime!, $everyWeeks: Int!, $occurrences: Int!, $memberId: ID) {"
    " previewSeries(coachId: $coachId, startsAt: $startsAt, everyWeeks: $everyWeeks, occurrences: $occurrences,"
    f" memberId: $memberId) {{ {DATE} }} }}"
)
SERIES = (
    "id everyWeeks occurrences firstStartsAt coach { id } member { id }"
    " sessions { id startsAt status version series { id } }"
)
DATES = f"... on SeriesNotBookable {{ dates {{ {DATE} }} }}"
BOOK_SERIES = (
    "mutation ($input: BookSeriesInput!) { bookSeries(input: $input) { __typename"
    f" ... on SessionSeries {{ {SERIES} }} {PROBLEM} {DATES} ... on InvalidInput {{ field }} }} }}"
)
CHANGE = (
    "... on SeriesChange { sessions { id startsAt status version cancellationReason history { kind } }"
    " skipped { session { id } message } }"
)
CANCEL_SERIES = (
    f"mutation ($input: CancelSeriesInput!) {{ cancelSeries(input: $input) {{ __typename {CHANGE} {PROBLEM}"
    " ... on InvalidInput { field } } }"
)
RESCHEDULE_SERIES = (
    f"mutation ($input: RescheduleSeriesInput!) {{ rescheduleSeries(input: $input) {{ __typename {CHANGE} {PROBLEM}"
    f" {DATES} ... on VersionConflict {{ currentVersion }} ... on InvalidInput {{ field }} }} }}"
)


def asked(coach: Person, starts_at: str, occurrences: int, every_weeks: int = 1, **more: Any) -> dict[str, Any]:
    return {"coachId": coach.id, "startsAt": starts_at, "everyWeeks": every_weeks, "occurrences": occurrences, **more}


async def previewed(
    practice: Practice, who: Person, coach: Person, starts_at: str, occurrences: int, every_weeks: int = 1, **more: Any
) -> list[dict[str, Any]]:
    dates: list[dict[str, Any]] = await practice.ask(
        PREVIEW, who, **asked(coach, starts_at, occurrences, every_weeks, **more)
    )
    return dates


async def book_series(
    practice: Practice, who: Person, coach: Person, starts_at: str, occurrences: int, every_weeks: int = 1, **more: Any
) -> dict[str, Any]:
    """Whatever it answers."""
    given = asked(coach, starts_at, occurrences, every_weeks, **more)
    answer: dict[str, Any] = await practice.ask(BOOK_SERIES, who, input=given)
    return answer


async def booked_series(
    practice: Practice, who: Person, coach: Person, starts_at: str, occurrences: int, every_weeks: int = 1, **more: Any
) -> list[str]:
    """The ids of its sessions."""
    answer = await book_series(practice, who, coach, starts_at, occurrences, every_weeks, **more)
    assert answer["__typename"] == "SessionSeries", answer
    return [str(session["id"]) for session in answer["sessions"]]


async def cancel_series(practice: Practice, who: Person, session_id: str, scope: str, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(
        CANCEL_SERIES, who, input={"sessionId": session_id, "scope": scope, **more}
    )
    return answer


async def move_series(
    practice: Practice, who: Person, session_id: str, scope: str, starts_at: str, **more: Any
) -> dict[str, Any]:
    given = {"sessionId": session_id, "scope": scope, "startsAt": starts_at, **more}
    answer: dict[str, Any] = await practice.ask(RESCHEDULE_SERIES, who, input=given)
    return answer


def starts(of: list[dict[str, Any]]) -> list[str]:
    """As `03-02 09:00`, in UTC."""
    return [datetime.fromisoformat(each["startsAt"]).astimezone(UTC).strftime("%m-%d %H:%M") for each in of]


def reasons(dates: list[dict[str, Any]]) -> list[list[str]]:
    return [[reason["code"] for reason in each["reasons"]] for each in dates]
