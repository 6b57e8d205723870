"""Holding places and waiting for them, as the tests ask for it; and letting a hold's time pass."""

from typing import Any

from sqlalchemy import text

from tests.operations import PROBLEM, add_window, booked, slots
from tests.practice import Person, Practice

NINE, TEN, ELEVEN = (f"2026-03-02T{hour:02}:00:00Z" for hour in (9, 10, 11))
DAY = ("2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z")

A_HOLD = "id startsAt endsAt expiresAt isExtended isOffer coach { id } member { id }"
AN_ENTRY = (
    "id startsAt status position offeredAt closedAt coach { id } member { id } hold { id isOffer expiresAt startsAt }"
)
HOLD = (
    "mutation ($input: HoldSlotInput!) { holdSlot(input: $input) { __typename"
    f" ... on SlotHold {{ {A_HOLD} }} {PROBLEM} ... on SlotUnavailable {{ reason }} }} }}"
)
EXTEND = (
    "mutation ($input: ExtendHoldInput!) { extendHold(input: $input) { __typename"
    f" ... on SlotHold {{ {A_HOLD} }} {PROBLEM} }} }}"
)
RELEASE = (
    "mutation ($input: ReleaseHoldInput!) { releaseHold(input: $input) { __typename"
    f" ... on Removed {{ id }} {PROBLEM} }} }}"
)
JOIN = (
    "mutation ($input: JoinWaitingListInput!) { joinWaitingList(input: $input) { __typename"
    f" ... on WaitingListEntry {{ {AN_ENTRY} }} {PROBLEM} ... on SlotUnavailable {{ reason }} }} }}"
)
LEAVE = (
    "mutation ($input: LeaveWaitingListInput!) { leaveWaitingList(input: $input) { __typename"
    f" ... on WaitingListEntry {{ {AN_ENTRY} }} {PROBLEM} }} }}"
)
HOLDS = (
    "query ($first: Int, $after: String, $coachId: ID) { slotHolds(first: $first, after: $after, coachId: $coachId) {"
    f" edges {{ node {{ {A_HOLD} }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
)
ENTRIES = (
    "query ($first: Int, $after: String, $coachId: ID, $startsAt: DateTime, $status: [WaitingStatus!]) {"
    " waitingListEntries(first: $first, after: $after, coachId: $coachId, startsAt: $startsAt, status: $status) {"
    f" edges {{ node {{ {AN_ENTRY} }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
)


async def open_coach(practice: Practice, seats: int = 1, **changes: Any) -> Person:
    """Slots at nine, ten and eleven of this Monday."""
    coach = await practice.coach(**changes)
    await add_window(practice, coach, seats=seats)
    return coach


async def hold(practice: Practice, who: Person, coach: Person, starts_at: str = NINE) -> dict[str, Any]:
    """Whatever is answered."""
    answer: dict[str, Any] = await practice.ask(HOLD, who, input={"coachId": coach.id, "startsAt": starts_at})
    return answer


async def held(practice: Practice, who: Person, coach: Person, starts_at: str = NINE) -> str:
    """The id of the hold."""
    answer = await hold(practice, who, coach, starts_at)
    assert answer["__typename"] == "SlotHold", answer
    return str(answer["id"])


async def extend(practice: Practice, who: Person, hold_id: str) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(EXTEND, who, input={"holdId": hold_id})
    return answer


async def release(practice: Practice, who: Person, hold_id: str) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(RELEASE, who, input={"holdId": hold_id})
    return answer


async def join(practice: Practice, who: Person, coach: Person, starts_at: str = NINE) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(JOIN, who, input={"coachId": coach.id, "startsAt": starts_at})
    return answer


async def joined(practice: Practice, who: Person, coach: Person, starts_at: str = NINE) -> str:
    """The id of the entry."""
    answer = await join(practice, who, coach, starts_at)
    assert (answer["__typename"], answer.get("status")) == ("WaitingListEntry", "WAITING"), answer
    return str(answer["id"])


async def leave(practice: Practice, who: Person, entry_id: str) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(LEAVE, who, input={"entryId": entry_id})
    return answer


async def holds(practice: Practice, who: Person, **more: Any) -> list[dict[str, Any]]:
    page = await practice.ask(HOLDS, who, **more)
    return [edge["node"] for edge in page["edges"]]


async def entries(practice: Practice, who: Person, **more: Any) -> list[dict[str, Any]]:
    page = await practice.ask(ENTRIES, who, **more)
    return [edge["node"] for edge in page["edges"]]


async def entry_of(practice: Practice, who: Person, starts_at: str = NINE) -> dict[str, Any]:
    """The last one that the member has made at this start."""
    return (await entries(practice, who, startsAt=starts_at, first=100))[-1]


async def offered_to(practice: Practice, coach: Person, starts_at: str = NINE) -> list[str]:
    """The members who have an offer there, by id."""
    found = await entries(practice, coach, startsAt=starts_at, status=["OFFERED"], first=100)
    return [entry["member"]["id"] for entry in found if entry["hold"] is not None]


async def full_slot(practice: Practice, waiting: int = 2, **changes: Any) -> tuple[Person, Person, str, list[Person]]:
    """A coach, whoever has the only place at nine, their session, and so many in line."""
    coach = await open_coach(practice, **changes)
    first, *line = await practice.members(1 + waiting, coach)
    session = await booked(practice, first, coach, NINE)
    for member in line:
        await joined(practice, member, coach)
    return coach, first, session, line


async def positions(practice: Practice, line: list[Person]) -> list[tuple[str, int | None]]:
    found = [await entry_of(practice, member) for member in line]
    return [(entry["status"], entry["position"]) for entry in found]


async def shown(practice: Practice, who: Person | None, coach: Person, starts_at: str = NINE) -> tuple[Any, ...]:
    """Booked, held and remaining places of a start, and why it cannot be booked."""
    query = (
        "query ($coachId: ID!, $from: DateTime!, $to: DateTime!) { availableSlots(coachId: $coachId, from: $from,"
        " to: $to, includeUnavailable: true) { slots { startsAt booked held remaining unavailableReason } } }"
    )
    calendar = await practice.ask(query, who, coachId=coach.id, **{"from": DAY[0]}, to=DAY[1])
    (slot,) = [slot for slot in calendar["slots"] if slot["startsAt"] == starts_at]
    return slot["booked"], slot["held"], slot["remaining"], slot["unavailableReason"]


async def bookable(practice: Practice, who: Person | None, coach: Person) -> list[str]:
    return [slot["startsAt"] for slot in await slots(practice, who, coach, *DAY)]


async def let_holds_expire(practice: Practice, who: Person | None = None) -> None:
    """All of them, or one member's: nothing else happens, as when time passes. In the turn, for seats move."""
    member_id = who.member.id if who is not None and who.member is not None else None
    over = text(
        "WITH over AS (UPDATE slot_holds SET created_at = now() - interval '5 minutes',"
        " expires_at = now() - interval '1 second' WHERE expires_at > now()"
        " AND (CAST(:member AS uuid) IS NULL OR member_id = :member)"
        " RETURNING coach_id, starts_at, seat_no, expires_at)"
        " UPDATE calendar_seats t SET held_until = o.expires_at FROM over o WHERE t.coach_id = o.coach_id"
        " AND t.starts_at = o.starts_at AND t.seat_no = o.seat_no"
    )
    async with practice.as_system() as db:
        await db.execute(text("SELECT FROM coach_calendars ORDER BY coach_id FOR UPDATE"))
        await db.execute(over, {"member": member_id})


async def seats_are_numbered(practice: Practice) -> None:
    """From 1 without gaps, in every slot, and never above the slot's capacity."""
    gaps = await practice.rows(
        "SELECT coach_id, starts_at FROM calendar_seats GROUP BY 1, 2, capacity"
        " HAVING max(seat_no) <> count(*) OR max(seat_no) > capacity"
    )
    unseated = await practice.rows(
        "SELECT s.starts_at FROM calendar_slots s WHERE NOT EXISTS (SELECT FROM calendar_seats t"
        " WHERE t.coach_id = s.coach_id AND t.starts_at = s.starts_at)"
    )
    miscounted = await practice.rows(
        "SELECT s.starts_at FROM calendar_slots s WHERE s.waiting <> (SELECT count(*) FROM waiting_list_entries e"
        " WHERE e.coach_id = s.coach_id AND e.starts_at = s.starts_at AND e.status = 'WAITING')"
    )
    assert (gaps, unseated, miscounted) == ([], [], [])
    await practice.nobody_is_overbooked()
