"""Of everything that happens, ids and times leave the house: no name, no address, no word that anybody wrote."""

from datetime import date, datetime
from uuid import UUID

from app.services.webhooks import EVENT_TYPES, TEST
from tests.assessing import COMPLETE as COMPLETE_ASSESSMENT
from tests.assessing import done, told_in_words
from tests.goals import lived_for_a_goal
from tests.growing import balanced, entered
from tests.holding import joined
from tests.interventions import COMPLETE_ITEM, item, practised
from tests.lifecycle import complete, no_show
from tests.operations import (
    ASSIGN,
    CANCEL,
    CREATE_COACH,
    RATE,
    RESCHEDULE,
    SHARE_PLAN,
    SIGN_UP,
    add_window,
    book,
    booked,
    noted,
    planned,
)
from tests.practice import Practice
from tests.receiving import Receiver
from tests.recommending import said_of_one
from tests.risks import lived_through_risk
from tests.scoring import CONFIRM, risen
from tests.webhooks import endpoint

CANARY = "Kanarienvogel"
EMAIL = "kanarienvogel@example.com"
NINE, TEN, ELEVEN, TWELVE = (f"2026-03-02T{hour:02}:00:00Z" for hour in (9, 10, 11, 12))
PASSWORD = "long enough for this"


async def test_nothing_that_anybody_wrote_is_in_any_message(practice: Practice, receiver: Receiver) -> None:
    admin = await practice.admin()
    await endpoint(practice, admin, receiver.url, description=CANARY)
    coach = await practice.coach(display_name=CANARY, bio=CANARY)
    await add_window(practice, coach, end="14:00")
    member = await practice.member(coach, first_name=CANARY, last_name=CANARY, phone=CANARY, goals=[CANARY])
    other = await practice.member(coach)
    account = {"email": EMAIL, "password": PASSWORD}
    await practice.ask(SIGN_UP, input={**account, "firstName": CANARY, "lastName": CANARY})
    made = {"email": f"coach{EMAIL}", "password": PASSWORD, "displayName": CANARY, "timeZone": "UTC"}
    await practice.ask(CREATE_COACH, admin, input=made)
    session = await booked(practice, member, coach, NINE, note=CANARY)
    missed, gone = await booked(practice, member, coach, TEN), await booked(practice, member, coach, ELEVEN)
    assert (await book(practice, other, coach, NINE, note=CANARY))["code"] == "SLOT_FULL"
    await joined(practice, other, coach, ELEVEN)
    await practice.ask(CANCEL, member, input={"sessionId": gone, "reason": CANARY})
    moved = await practice.ask(
        RESCHEDULE, coach, input={"sessionId": missed, "startsAt": TWELVE, "overrideReason": CANARY}
    )
    assert moved["__typename"] == "Session", moved
    plan = await planned(practice, coach, session, CANARY)
    await practice.ask(SHARE_PLAN, coach, input={"id": plan["id"]})
    for author in (coach, member):
        await noted(practice, author, session, sections=[{"heading": CANARY, "text": CANARY}])
    practice.clock.move(hours=5)
    await complete(practice, coach, session)
    await no_show(practice, coach, missed)
    await practice.ask(RATE, member, input={"sessionId": session, "stars": 2, "comment": CANARY})
    await practice.ask(ASSIGN, admin, input={"memberId": other.id, "coachId": coach.id, "reason": CANARY})
    await said_of_one(practice, coach, member, CANARY)
    await lived_for_a_goal(practice, coach, member, CANARY)
    await lived_through_risk(practice, coach, member, CANARY)
    await balanced(practice, coach, member)
    await entered(practice, member, CANARY, title=CANARY, isShared=True)

    await practice.ask(CONFIRM, coach, input={"id": await risen(practice, member)})
    await practised(practice, coach, member, CANARY, session)
    answered = await told_in_words(practice, coach, member, CANARY)
    await done(practice, COMPLETE_ASSESSMENT, member, id=answered["id"])
    to_do = await item(practice, coach, member, title=CANARY, description=CANARY)
    await practice.ask(COMPLETE_ITEM, member, input={"id": to_do["id"]})

    await practice.work()

    told = {each["type"] for each in receiver.told}
    left_out = {"session.rating_changed", "plan.unshared", "plan.reminder_due", "waiting_list.left", "member.assigned"}
    left_out.add("action_item.overdue")
    assert told | left_out >= {each.name for each in EVENT_TYPES}
    for each in receiver.received:
        for word in (CANARY, EMAIL, "@"):
            assert word.lower().encode() not in each.body.lower()


CODES = {"reason", "outcome", "dimension", "status", "level"}


def test_messages_hold_ids_times_numbers_and_codes() -> None:
    for each in (*EVENT_TYPES, TEST):
        fields = each.event.model_fields
        texts = {name for name, field in fields.items() if field.annotation is str}
        others = {field.annotation for name, field in fields.items() if name not in texts}

        assert texts <= {"reason", "outcome", "dimension", "status", "level"}, (
            f"{each.name}: is this a code, and nothing that somebody wrote?"
        )
        assert others <= {UUID, UUID | None, date, datetime, int}, each.name
