"""What quiet hours hold back is not sent if it is not shared any more when they end."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.jobs.delivering import K, state, tell, work_on
from tests.operations import SHARE_PLAN, add_window, booked, noted, planned
from tests.platform.smtp_server import MailServer
from tests.practice import Practice
from tests.services.notifications.told import NINE

UNSHARED = ("SKIPPED", 1, "It is not shared any more")
QUIET = "INSERT INTO quiet_hours (user_id, from_time, until_time) VALUES (:user, '07:00', '10:00')"
WANTED = "INSERT INTO notification_preferences (user_id, kind, channel, is_on) VALUES (:user, :kind, 'EMAIL', true)"


@pytest.mark.parametrize("is_shared", [False, True])
@pytest.mark.parametrize("kind", [K.PLAN_SHARED, K.NOTE_SHARED])
async def test_a_plan_or_note_is_told_only_while_it_is_shared(
    practice: Practice, server: MailServer, kind: K, is_shared: bool
) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    session = await booked(practice, member, coach, NINE)
    await practice.work()
    taken = len(server.taken)
    async with practice.as_system() as db:
        await db.execute(text("DELETE FROM notifications"))
        await db.execute(text(QUIET), {"user": member.user.id})
        await db.execute(text(WANTED), {"user": member.user.id, "kind": kind})
    if kind is K.PLAN_SHARED:
        plan = await planned(practice, coach, session, "An item")
        await practice.ask(SHARE_PLAN, coach, input={"id": plan["id"]})
        undone = "UPDATE session_plans SET is_shared = false, shared_at = NULL RETURNING id"
    else:
        await noted(practice, coach, session)
        undone = "DELETE FROM session_notes RETURNING id"
    await practice.work()
    assert await state(practice) == ("PENDING", 0, None)

    if not is_shared:
        assert await practice.rows(undone)
    await work_on(practice)

    assert await state(practice) == (("SENT", 1, None) if is_shared else UNSHARED)
    assert len(server.taken) == taken + is_shared


@pytest.mark.parametrize(
    ("kind", "named", "reason"),
    [
        (K.JOURNAL_ENTRY_SHARED, "journal_entry_id", "The member has another coach by now"),
        (K.RISK_ALERT, "risk_alert_id", "The member has another coach by now"),
        (K.RISK_ALERT_ESCALATED, "risk_alert_id", "The member has another coach by now"),
        (K.RECOMMENDATION_SENT, "recommendation_id", "It is not shared any more"),
    ],
)
async def test_no_former_coach_hears_of_a_member_and_nobody_of_what_was_taken_back(
    practice: Practice, server: MailServer, kind: K, named: str, reason: str
) -> None:
    former, coach = await practice.coach(), await practice.coach()
    member = await practice.member(coach)
    to = member if kind is K.RECOMMENDATION_SENT else former
    async with practice.as_system() as db:
        await db.execute(text(WANTED), {"user": to.user.id, "kind": kind})
    assert member.member is not None
    facts = {"member_id": str(member.member.id), "coach_id": str(former.actor.coach_id), named: str(uuid4())}
    taken = len(server.taken)
    await tell(practice, to, kind, **facts)
    await practice.work()

    assert await state(practice) == ("SKIPPED", 1, reason)
    assert len(server.taken) == taken
