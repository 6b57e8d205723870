"""Who waits for a place is offered it in the order of the line, and nobody slips in before them."""

import pytest

from tests.holding import (
    ELEVEN,
    NINE,
    TEN,
    bookable,
    entry_of,
    extend,
    full_slot,
    held,
    hold,
    holds,
    join,
    joined,
    leave,
    let_holds_expire,
    offered_to,
    open_coach,
    positions,
    release,
    seats_are_numbered,
    shown,
)
from tests.operations import ADD_TIME_OFF, UPDATE_COACH, UPDATE_MEMBER, book, booked, cancelled, moved
from tests.practice import Practice
from tests.services.scheduling.together import at_once, events_of, key_of, version_of

# Joining


async def test_one_joins_at_the_end_of_the_line(practice: Practice) -> None:
    coach, _, _, line = await full_slot(practice, waiting=3)

    assert await positions(practice, line) == [("WAITING", 1), ("WAITING", 2), ("WAITING", 3)]
    assert await shown(practice, coach, coach) == (1, 0, 0, "FULL")
    await seats_are_numbered(practice)


async def test_who_is_in_line_stays_where_they_are(practice: Practice) -> None:
    coach, _, _, (one, _) = await full_slot(practice)
    before, version = await entry_of(practice, one), await version_of(practice, coach)

    assert (await join(practice, one, coach))["id"] == before["id"]
    assert await entry_of(practice, one) == before
    assert await version_of(practice, coach) == version
    answers = await at_once(*(join(practice, one, coach) for _ in range(5)))
    assert {answer["id"] for answer in answers} == {before["id"]}
    assert await practice.count("waiting_list_entries") == 2


async def test_one_waits_for_a_full_slot_only(practice: Practice) -> None:
    coach = await open_coach(practice, seats=2)
    one, two, three = await practice.members(3, coach)
    assert (await join(practice, three, coach))["code"] == "SLOT_NOT_FULL"
    await booked(practice, one, coach, NINE)
    await held(practice, two, coach)

    assert (await join(practice, one, coach))["reason"] == "MEMBER_BUSY"
    assert (await join(practice, two, coach))["code"] == "SLOT_NOT_FULL"
    await joined(practice, three, coach)
    assert (await join(practice, three, coach, "2026-03-02T09:30:00Z"))["reason"] == "NOT_A_SLOT_START"
    assert (await join(practice, three, coach, "2026-03-02T18:00:00Z"))["reason"] == "OUTSIDE_AVAILABILITY"
    await seats_are_numbered(practice)


async def test_what_is_held_no_longer_makes_nobody_wait(practice: Practice) -> None:
    coach = await open_coach(practice)
    one, two = await practice.members(2, coach)
    await held(practice, one, coach)
    await let_holds_expire(practice)

    assert (await join(practice, two, coach))["code"] == "SLOT_NOT_FULL"
    await booked(practice, two, coach, NINE)


async def test_a_paused_member_and_who_books_nothing_do_not_wait(practice: Practice) -> None:
    coach, _, _, (_one,) = await full_slot(practice, waiting=1)
    other = await practice.member(coach)
    await practice.ask(UPDATE_MEMBER, coach, input={"id": other.id, "status": "PAUSED"})

    assert (await join(practice, other, coach))["code"] == "MEMBER_NOT_ACTIVE"
    query = "mutation ($input: JoinWaitingListInput!) { joinWaitingList(input: $input) { __typename } }"
    foreign = await practice.member(await practice.coach())
    for who in (coach, await practice.admin(), foreign):
        refused = await practice.refusal(query, who, input={"coachId": coach.id, "startsAt": NINE})
        assert refused["code"] == "FORBIDDEN"


async def test_one_member_is_in_twenty_lines_at_most_however_they_ask(practice: Practice) -> None:
    coach = await open_coach(practice)
    another = await open_coach(practice, booking_audience="MEMBERS")
    first, member = await practice.members(2, coach)
    starts = [f"2026-{day}T{hour:02}:00:00Z" for day in ("03-02", "03-09", "03-16", "03-23") for hour in (9, 10, 11)]
    for start in starts:
        await booked(practice, first, coach, start)
    for start in starts[:-3]:
        await joined(practice, member, coach, start)
    other = await practice.member(another)
    for start in starts:
        await booked(practice, other, another, start)
    for start in starts[:9]:
        await joined(practice, member, another, start)

    answers = await at_once(
        join(practice, member, another, starts[-1]), *(join(practice, member, coach, starts[-1]),) * 1
    )
    answers += [await join(practice, member, another, starts[-2])]

    assert await practice.count("waiting_list_entries") == 20
    assert {"TOO_MANY_WAITING_LISTS"} == {answer["code"] for answer in answers if "code" in answer}


# Offers


async def test_what_becomes_free_is_offered_in_the_order_of_the_line(practice: Practice) -> None:
    _coach, first, session, line = await full_slot(practice, waiting=3)

    await cancelled(practice, first, session)

    assert await positions(practice, line) == [("OFFERED", None), ("WAITING", 1), ("WAITING", 2)]
    (offer,) = await holds(practice, line[0])
    assert (offer["isOffer"], offer["startsAt"], offer["member"]["id"]) == (True, NINE, line[0].id)
    assert (await entry_of(practice, line[0]))["hold"]["id"] == offer["id"]
    assert await practice.rows("SELECT extract(epoch FROM expires_at - created_at)::int FROM slot_holds") == [(900,)]
    assert await events_of(practice, line[0]) == ["WaitingListJoined", "PlaceOffered"]
    await seats_are_numbered(practice)


@pytest.mark.parametrize("is_named", [True, False])
async def test_the_offer_is_booked_by_the_hold(practice: Practice, is_named: bool) -> None:
    coach, first, session, (one, two) = await full_slot(practice)
    await cancelled(practice, first, session)
    (offer,) = await holds(practice, one)

    await booked(practice, one, coach, NINE, **({"holdId": offer["id"]} if is_named else {}))

    assert await positions(practice, [one, two]) == [("BOOKED", None), ("WAITING", 1)]
    assert await practice.count("slot_holds") == 0
    await seats_are_numbered(practice)


async def test_an_offer_is_nobody_elses(practice: Practice) -> None:
    coach, first, session, (one, two) = await full_slot(practice)
    stranger = await practice.member(coach)
    await cancelled(practice, first, session)
    (offer,) = await holds(practice, one)

    for who in (two, stranger, first):
        assert (await book(practice, who, coach, NINE, holdId=offer["id"]))["code"] == "HOLD_EXPIRED"
        assert (await book(practice, who, coach, NINE))["code"] == "SLOT_FULL"
        assert (await hold(practice, who, coach))["code"] == "SLOT_FULL"
        assert (await release(practice, who, offer["id"]))["code"] == "HOLD_EXPIRED"
        assert NINE not in await bookable(practice, who, coach)
    assert await offered_to(practice, coach) == [one.id]


async def test_an_offer_is_not_extended(practice: Practice) -> None:
    _, first, session, (one, _) = await full_slot(practice)
    await cancelled(practice, first, session)
    (offer,) = await holds(practice, one)

    assert (await extend(practice, one, offer["id"]))["code"] == "HOLD_NOT_EXTENDABLE"


@pytest.mark.parametrize("how", ["leaving the line", "releasing the hold"])
async def test_what_is_declined_goes_to_the_next(practice: Practice, how: str) -> None:
    coach, first, session, (one, two) = await full_slot(practice)
    await cancelled(practice, first, session)
    entry = await entry_of(practice, one)

    if how == "leaving the line":
        assert (await leave(practice, one, entry["id"]))["status"] == "LEFT"
    else:
        await release(practice, one, entry["hold"]["id"])

    assert await positions(practice, [one, two]) == [("LEFT", None), ("OFFERED", None)]
    assert (await leave(practice, one, entry["id"]))["code"] == "NOT_IN_LINE"
    await booked(practice, two, coach, NINE)
    await seats_are_numbered(practice)


async def test_an_offer_that_lapses_goes_to_the_next(practice: Practice) -> None:
    coach, first, session, (one, two) = await full_slot(practice)
    stranger = await practice.member(coach)
    await cancelled(practice, first, session)
    offer = (await entry_of(practice, one))["hold"]["id"]

    await let_holds_expire(practice)

    # Before anything is written, and by what a stranger tries to write.
    assert await shown(practice, stranger, coach) == (0, 1, 0, "FULL")
    assert (await entry_of(practice, one))["hold"] is None
    assert (await book(practice, one, coach, NINE, holdId=offer))["code"] == "HOLD_EXPIRED"
    assert (await book(practice, stranger, coach, NINE))["code"] == "SLOT_FULL"
    assert await positions(practice, [one, two]) == [("LAPSED", None), ("OFFERED", None)]
    assert await events_of(practice, one) == ["WaitingListJoined", "PlaceOffered", "WaitingListLeft"]
    await let_holds_expire(practice)
    await booked(practice, stranger, coach, NINE)
    assert await positions(practice, [one, two]) == [("LAPSED", None), ("LAPSED", None)]
    await seats_are_numbered(practice)


async def test_who_let_an_offer_lapse_may_join_again_behind_the_others(practice: Practice) -> None:
    coach, first, session, (one, two) = await full_slot(practice)
    await cancelled(practice, first, session)
    await let_holds_expire(practice)

    await joined(practice, one, coach)

    assert await offered_to(practice, coach) == [two.id]
    assert await positions(practice, [one]) == [("WAITING", 1)]


@pytest.mark.parametrize("how", ["cancelled", "moved", "released", "expired", "given up"])
async def test_every_way_in_which_a_place_becomes_free_offers_it(practice: Practice, how: str) -> None:
    coach = await open_coach(practice)
    first, one, stranger = await practice.members(3, coach)
    if how in {"cancelled", "moved"}:
        session = await booked(practice, first, coach, NINE)
        await joined(practice, one, coach)
        await (cancelled(practice, first, session) if how == "cancelled" else moved(practice, first, session, TEN))
    else:
        hold_id = await held(practice, first, coach)
        await joined(practice, one, coach)
        if how == "released":
            await release(practice, first, hold_id)
        elif how == "given up":
            await held(practice, first, coach, TEN)
        else:
            await let_holds_expire(practice)

    assert (await book(practice, stranger, coach, NINE))["code"] == "SLOT_FULL"
    assert await offered_to(practice, coach) == [one.id]
    await booked(practice, one, coach, NINE)
    await seats_are_numbered(practice)


async def test_several_places_are_offered_to_as_many(practice: Practice) -> None:
    coach = await open_coach(practice, seats=3)
    *seated, one, two, three, four = await practice.members(7, coach)
    sessions = [await booked(practice, member, coach, NINE) for member in seated]
    for member in (one, two, three, four):
        await joined(practice, member, coach)

    for member, session in list(zip(seated, sessions, strict=True))[:2]:
        await cancelled(practice, member, session)

    assert await offered_to(practice, coach) == [one.id, two.id]
    assert await shown(practice, four, coach) == (1, 2, 0, "FULL")
    await seats_are_numbered(practice)


# Who may not come, and when nobody may


async def test_who_cannot_come_is_passed_over(practice: Practice) -> None:
    coach = await open_coach(practice)
    another = await open_coach(practice, booking_audience="MEMBERS")
    first, busy, paused, elsewhere, one = await practice.members(5, coach)
    session = await booked(practice, first, coach, NINE)
    for member in (busy, paused, elsewhere, one):
        await joined(practice, member, coach)
    await booked(practice, busy, another, NINE)
    await practice.ask(UPDATE_MEMBER, coach, input={"id": paused.id, "status": "PAUSED"})
    await practice.rows("UPDATE members SET coach_id = NULL WHERE id = :id RETURNING id", id=key_of(elsewhere))

    await cancelled(practice, first, session)

    line = [busy, paused, elsewhere, one]
    assert await positions(practice, line) == [("CLOSED", None)] * 3 + [("OFFERED", None)]
    assert await events_of(practice, paused) == ["WaitingListJoined", "WaitingListLeft"]
    await seats_are_numbered(practice)


async def test_a_place_that_nobody_in_line_can_take_is_free(practice: Practice) -> None:
    coach, first, session, (one,) = await full_slot(practice, waiting=1)
    await practice.ask(UPDATE_MEMBER, coach, input={"id": one.id, "status": "PAUSED"})

    await cancelled(practice, first, session)

    assert await bookable(practice, first, coach) == [NINE, TEN, ELEVEN]
    assert await practice.count("calendar_slots") == 0


async def test_who_has_left_the_coach_leaves_the_line_too(practice: Practice) -> None:
    _coach, _first, _session, (one, two) = await full_slot(practice)
    entry = await entry_of(practice, one)
    await practice.rows("UPDATE members SET coach_id = NULL WHERE id = :id RETURNING id", id=key_of(one))

    assert (await leave(practice, one, entry["id"]))["status"] == "LEFT"
    assert await positions(practice, [two]) == [("WAITING", 1)]


async def test_an_offer_ends_when_the_slot_is_too_soon_to_be_booked(practice: Practice) -> None:
    coach, first, session, (one, two) = await full_slot(practice, min_notice_minutes=30)
    practice.clock.move(minutes=20)
    await cancelled(practice, first, session)

    assert await practice.rows("SELECT extract(epoch FROM expires_at - created_at)::int FROM slot_holds") == [(600,)]
    practice.clock.move(minutes=11)
    await let_holds_expire(practice)
    stranger = await practice.member(coach)
    assert (await book(practice, stranger, coach, NINE))["reason"] == "TOO_SOON"
    assert await positions(practice, [one, two]) == [("LAPSED", None), ("CLOSED", None)]
    await seats_are_numbered(practice)


async def test_nobody_is_offered_what_is_freed_too_late(practice: Practice) -> None:
    _coach, first, session, line = await full_slot(practice, min_notice_minutes=30)
    practice.clock.move(minutes=31)

    await cancelled(practice, first, session)

    assert await positions(practice, line) == [("CLOSED", None)] * 2
    assert await practice.count("calendar_slots") == 0


async def test_offers_last_as_long_as_the_coach_gives_them(practice: Practice) -> None:
    _, first, session, _ = await full_slot(practice, waiting_offer_minutes=2)

    await cancelled(practice, first, session)

    assert await practice.rows("SELECT extract(epoch FROM expires_at - created_at)::int FROM slot_holds") == [(120,)]


@pytest.mark.parametrize("why", ["time off", "suspended"])
async def test_where_nobody_may_come_nobody_waits(practice: Practice, why: str) -> None:
    coach, first, session, line = await full_slot(practice)
    await cancelled(practice, first, session)
    assert await offered_to(practice, coach) == [line[0].id]

    if why == "time off":
        given = {"startsAt": "2026-03-02T09:30:00Z", "endsAt": "2026-03-02T10:00:00Z"}
        assert (await practice.ask(ADD_TIME_OFF, coach, input=given))["__typename"] == "TimeOff"
    else:
        await practice.ask(UPDATE_COACH, await practice.admin(), input={"id": coach.id, "status": "SUSPENDED"})

    assert await positions(practice, line) == [("CLOSED", None)] * 2
    assert await practice.count("slot_holds") == await practice.count("calendar_slots") == 0
    assert [await events_of(practice, member) for member in line] == [
        ["WaitingListJoined", "PlaceOffered", "WaitingListLeft"],
        ["WaitingListJoined", "WaitingListLeft"],
    ]
