"""Sessions to come, live: to the member, to the coach and to admins, and to nobody else."""

import asyncio
from datetime import timedelta

import pytest

from app.live import views
from app.services.sessions import following
from tests.live.session_views import WATCH_SESSIONS, listed, watching_sessions
from tests.operations import add_window, booked, cancelled, moved, transferred
from tests.practice import Person, Practice

NINE, TEN, ELEVEN = "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z"
NEXT_WEEK, WEEK_AFTER = "2026-03-09T09:00:00Z", "2026-03-16T09:00:00Z"
CLOSE = "mutation ($id: ID!) { %s(input: { sessionId: $id }) { ... on Session { status } } }"


async def codes(practice: Practice, who: Person | None, **named: str) -> list[str]:
    return [error["extensions"]["code"] for error in await practice.subscribe(WATCH_SESSIONS, who, **named)]


# What is shown


async def test_member_coach_and_admin_see_a_session_booked_moved_and_cancelled(practice: Practice) -> None:
    coach = await practice.coach()
    member, admin = await practice.member(coach), await practice.admin()
    await add_window(practice, coach)
    first = await booked(practice, member, coach, NINE)
    async with (
        watching_sessions(practice, member, member=member) as own,
        watching_sessions(practice, coach, coach=coach) as coaches,
        watching_sessions(practice, coach, member=member) as of_their_member,
        watching_sessions(practice, admin, coach=coach, member=member) as admins,
    ):
        every = (own, coaches, of_their_member, admins)
        assert [view.starts for view in every] == [[NINE]] * 4

        second = await booked(practice, member, coach, TEN)
        await asyncio.gather(*(view.shows(NINE, TEN) for view in every))
        await moved(practice, coach, second, ELEVEN)
        await asyncio.gather(*(view.shows(NINE, ELEVEN) for view in every))
        await cancelled(practice, member, first)
        await asyncio.gather(*(view.shows(ELEVEN) for view in every))

        assert all(view.sessions == own.sessions for view in every)
        assert own.sessions == await listed(practice, member, member=member)
        assert [view.closed for view in every] == [{first: "CANCELLED"}] * 4
        assert [view.messages for view in every] == [4] * 4


@pytest.mark.parametrize(("closing", "status"), [("completeSession", "COMPLETED"), ("markNoShow", "NO_SHOW")])
@pytest.mark.parametrize("minutes", [75, 150], ids=["in its course", "after its end"])
async def test_a_session_that_is_closed_is_told_of_once(
    practice: Practice, closing: str, status: str, minutes: int
) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    session = await booked(practice, member, coach, NINE)
    async with (
        watching_sessions(practice, member, member=member) as own,
        watching_sessions(practice, coach, coach=coach) as coaches,
    ):
        practice.clock.move(minutes=minutes)
        await booked(practice, member, coach, NEXT_WEEK)
        await asyncio.gather(own.shows(NINE, NEXT_WEEK), coaches.shows(NINE, NEXT_WEEK))
        await practice.ask(CLOSE % closing, coach, id=session)
        await asyncio.gather(own.shows(NEXT_WEEK), coaches.shows(NEXT_WEEK))
        await booked(practice, member, coach, WEEK_AFTER)
        await asyncio.gather(own.shows(NEXT_WEEK, WEEK_AFTER), coaches.shows(NEXT_WEEK, WEEK_AFTER))

        assert own.closed == coaches.closed == {session: status}


async def test_what_is_over_or_closed_is_in_no_snapshot(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    await booked(practice, member, coach, NINE)
    await cancelled(practice, member, await booked(practice, member, coach, TEN))
    await booked(practice, member, coach, ELEVEN)
    practice.clock.move(hours=2)  # at ten the first one is just over

    async with watching_sessions(practice, coach, coach=coach) as view:
        assert view.starts == [ELEVEN]


async def test_members_of_one_slot_never_see_each_other(practice: Practice) -> None:
    coach = await practice.coach()
    ada, bo = await practice.members(2, coach)
    await add_window(practice, coach, seats=5)
    async with (
        watching_sessions(practice, ada, coach=coach) as adas,
        watching_sessions(practice, bo, member=bo) as bos,
        watching_sessions(practice, coach, coach=coach) as coaches,
    ):
        first = await booked(practice, ada, coach, NINE)
        second = await booked(practice, bo, coach, NINE)
        await asyncio.gather(adas.shows(NINE), bos.shows(NINE), coaches.shows(NINE, NINE))
        await cancelled(practice, ada, first)
        await asyncio.gather(adas.shows(), coaches.shows(NINE))

        assert (set(bos.sessions), bos.closed, bos.messages) == ({second}, {}, 2)
        assert (adas.closed, adas.messages) == ({first: "CANCELLED"}, 3)


async def test_a_session_with_another_coach_than_ones_own_is_seen(practice: Practice) -> None:
    own, other = await practice.coach(), await practice.coach(booking_audience="MEMBERS")
    member = await practice.member(own)
    await add_window(practice, other)
    async with (
        watching_sessions(practice, member, member=member) as members,
        watching_sessions(practice, own, member=member) as own_coachs,
        watching_sessions(practice, member, coach=other) as with_other,
        watching_sessions(practice, member, coach=own) as with_own,
    ):
        session = await booked(practice, member, other, NINE)
        await asyncio.gather(*(view.shows(NINE) for view in (members, own_coachs, with_other)))
        await moved(practice, other, session, TEN)
        await asyncio.gather(*(view.shows(TEN) for view in (members, own_coachs, with_other)))

        assert (with_own.starts, with_own.messages) == ([], 1)


async def test_the_first_500_are_shown_and_what_comes_before_them_takes_their_place(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "MOST_FOLLOWED", 2)
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    await booked(practice, member, coach, TEN)
    last = await booked(practice, member, coach, ELEVEN)
    async with watching_sessions(practice, coach, coach=coach) as view:
        first = await booked(practice, member, coach, NINE)
        await view.shows(NINE, TEN)
        assert view.removed == [last]

        await cancelled(practice, member, first)
        await view.shows(TEN, ELEVEN)


# Who may


async def test_who_may_not_list_them_is_refused(practice: Practice) -> None:
    coach, foreign = await practice.coach(), await practice.coach()
    member, other = await practice.members(2, coach)

    assert await codes(practice, None, memberId=member.id) == ["UNAUTHENTICATED"]
    assert await codes(practice, None, coachId=coach.id) == ["UNAUTHENTICATED"]
    assert await codes(practice, other, memberId=member.id) == ["FORBIDDEN"]
    assert await codes(practice, other, memberId=member.id, coachId=coach.id) == ["FORBIDDEN"]
    assert await codes(practice, foreign, coachId=coach.id) == ["FORBIDDEN"]
    assert await codes(practice, foreign, memberId=member.id) == ["FORBIDDEN"]
    assert practice.house.views.open_views == 0


async def test_one_of_the_two_is_needed(practice: Practice) -> None:
    coach = await practice.coach()

    assert await codes(practice, coach) == ["BAD_USER_INPUT"]
    assert await codes(practice, coach, memberId=coach.id) == ["BAD_USER_INPUT"]


async def test_the_coach_of_before_sees_only_the_sessions_they_hold(practice: Practice) -> None:
    before, after = await practice.coach(booking_audience="MEMBERS"), await practice.coach()
    other = await practice.coach(booking_audience="MEMBERS")
    member = await practice.member(before)
    await add_window(practice, before)
    await add_window(practice, other)
    held = await booked(practice, member, before, NINE)
    elsewhere = await booked(practice, member, other, TEN)
    async with watching_sessions(practice, before, member=member) as view:
        assert set(view.sessions) == {held, elsewhere}
        assert {session["member"]["id"] for session in view.sessions.values()} == {member.id}

        await transferred(practice, member, after)
        await view.shows(NINE)
        assert view.removed == [elsewhere]
        assert view.sessions[held]["member"] is None

        await booked(practice, member, before, ELEVEN)
        await view.shows(NINE, ELEVEN)
        async with watching_sessions(practice, after, member=member) as new_coachs:
            assert new_coachs.starts == [NINE, TEN, ELEVEN]


async def test_the_view_of_a_coach_who_has_held_no_session_ends_with_the_assignment(practice: Practice) -> None:
    before, after = await practice.coach(), await practice.coach()
    member = await practice.member(before)
    async with watching_sessions(practice, before, member=member) as view:
        await transferred(practice, member, after)

        assert await view.ends() == ["FORBIDDEN"]


async def test_a_view_ends_when_the_access_token_has(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    until = practice.clock() + timedelta(minutes=15)
    async with watching_sessions(practice, member, member=member, until=until) as view:
        practice.clock.move(minutes=16)
        await booked(practice, member, coach, NINE)

        assert await view.ends() == ["UNAUTHENTICATED"]
        assert view.starts == []


# How many, and how fast


@pytest.mark.parametrize("bound", ["MOST_VIEWS", "MOST_OF_ONE_USER"])
async def test_one_view_too_many_is_refused(practice: Practice, monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
    monkeypatch.setattr(views, bound, 1)
    coach = await practice.coach()
    async with watching_sessions(practice, coach, coach=coach):
        assert await codes(practice, coach, coachId=coach.id) == ["RATE_LIMITED"]

    assert practice.house.views.open_views == 0
    async with watching_sessions(practice, coach, coach=coach):
        pass


async def test_who_takes_messages_slowly_is_told_the_newest_at_once(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    may_go_on = asyncio.Event()
    async with watching_sessions(practice, coach, coach=coach, may_go_on=may_go_on) as view:
        session = await booked(practice, member, coach, NINE)
        await moved(practice, coach, session, TEN)
        await moved(practice, coach, session, ELEVEN)
        await booked(practice, member, coach, NINE)
        may_go_on.set()
        await view.shows(NINE, ELEVEN)

        assert view.messages == 2


async def test_a_change_makes_nobody_read_whom_it_does_not_touch(practice: Practice) -> None:
    coach = await practice.coach()
    members = await practice.members(6, coach)
    await add_window(practice, coach, seats=9)
    async with (
        watching_sessions(practice, members[0], member=members[0]) as touched,
        watching_sessions(practice, members[1], member=members[1]),
        watching_sessions(practice, members[2], member=members[2]) as last,
    ):
        readings = practice.house.views.readings
        await booked(practice, members[0], coach, NINE)
        await touched.shows(NINE)
        await booked(practice, members[2], coach, NINE)
        await last.shows(NINE)

        assert practice.house.views.readings == readings + 2


async def test_nothing_is_kept_of_views_that_are_closed(practice: Practice) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    async with watching_sessions(practice, coach, coach=coach), watching_sessions(practice, member, member=member):
        assert practice.house.views.open_views == 2

    assert practice.house.views.open_views == 0
    assert practice.house.views._followed == {}
