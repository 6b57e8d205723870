"""A change of a member or of a coach that is under way at the same time: nobody waits for what waits for them."""

import asyncio

from sqlalchemy import text

from app.services.coaches import CoachChanges, update_coach
from app.services.members.profiles import access_member
from app.wire.relay import parse_key
from tests.holding import NINE, TEN, entry_of, joined, open_coach
from tests.lifecycle import cancel
from tests.operations import booked, cancelled, moved, transferred
from tests.practice import Practice

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def test_a_transfer_finds_the_session_free_for_whose_change_it_is_waited(practice: Practice) -> None:
    """It locks the member first and then the sessions; in another order the two would wait for each other."""
    coach = await open_coach(practice)
    member = await practice.member(coach)
    session = await booked(practice, member, coach, NINE)
    assert member.member is not None
    sessions = text("SELECT id FROM sessions WHERE id = :id FOR UPDATE NOWAIT")

    for change in (moved(practice, member, session, TEN), cancel(practice, member, session)):
        async with practice.as_system() as db:
            await access_member(db, (await practice.admin()).actor, member.member.id, locked=True)
            changing = asyncio.create_task(change)
            while not (await practice.rows(WAITING))[0][0]:
                assert not changing.done(), "it did not wait for the member"
            assert (await db.execute(sessions, {"id": parse_key(session, "Session", "id")})).all()
        assert (await changing)["__typename"] == "Session"


async def test_a_place_is_offered_while_the_record_of_who_waits_is_changed(practice: Practice) -> None:
    coach = await open_coach(practice)
    seated, waiting, admin = await practice.member(coach), await practice.member(coach), await practice.admin()
    session = await booked(practice, seated, coach, NINE)
    await joined(practice, waiting, coach)
    assert waiting.member is not None

    async with practice.as_actor(admin.actor) as db:
        await access_member(db, admin.actor, waiting.member.id, locked=True)
        await cancelled(practice, seated, session)

    assert (await entry_of(practice, waiting))["status"] == "OFFERED"


async def test_a_place_is_booked_while_the_coachs_profile_is_changed(practice: Practice) -> None:
    coach = await open_coach(practice)
    member = await practice.member(coach)
    assert coach.coach is not None

    async with practice.as_actor(coach.actor) as db:
        form = CoachChanges(bio="Speaks of it")
        await update_coach(db, coach.actor, coach_id=coach.coach.id, form=form, now=practice.clock())
        await booked(practice, member, coach, NINE)


async def test_two_members_who_change_places_do_not_wait_for_each_other(practice: Practice) -> None:
    """Both transfers take the coaches' rows in one order: whoever waits for the first has not taken the second."""
    made = [await practice.coach(), await practice.coach()]
    first, second = sorted((each for each in made if each.coach), key=lambda each: each.coach.id)  # type: ignore[union-attr]
    member = await practice.member(second)
    take = text("SELECT id FROM coaches WHERE id = :id FOR NO KEY UPDATE NOWAIT")
    assert first.coach is not None
    assert second.coach is not None

    async with practice.as_system() as db:
        await db.execute(take, {"id": first.coach.id})
        transferring = asyncio.create_task(transferred(practice, member, first))
        while not (await practice.rows(WAITING))[0][0]:
            assert not transferring.done(), "it did not wait for the first coach"
        assert (await db.execute(take, {"id": second.coach.id})).all()
    await transferring
