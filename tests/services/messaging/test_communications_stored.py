"""What is stored of communications: nothing in plain text, nothing that changes, and no key for who sees nothing."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.platform.database import violated_constraint
from app.wire.relay import parse_key
from tests.messaging import history, logged, message_hook, sent
from tests.operations import TABLES
from tests.platform.twilio_server import TwilioServer
from tests.practice import Person, Practice

CANARY = "Kanarienvogel"


async def test_what_is_said_is_nowhere_in_plain_text(
    practice: Practice, twilio: TwilioServer, coach: Person, member: Person
) -> None:
    await sent(practice, coach, member, CANARY, idempotencyKey="k")
    await sent(practice, coach, member, CANARY, channel="EMAIL", subject=CANARY)
    await logged(practice, coach, member, CANARY, idempotencyKey="k")
    twilio.answers = [500]
    everywhere = [f"SELECT count(*) FROM {table} t WHERE t::text LIKE :word" for table in (*TABLES, "pgqueuer")]

    found = []
    for _ in range(2):  # on their way, and later
        for statement in everywhere:
            ((count,),) = await practice.rows(statement, word=f"%{CANARY}%")
            ((as_bytes,),) = await practice.rows(statement, word=f"%{CANARY.encode().hex()}%")
            found.append(count + as_bytes)
        await practice.work()

    assert sum(found) == 0
    assert len(await history(practice, coach, member)) == 3


async def test_what_was_said_stays_as_it_was(practice: Practice, coach: Person, member: Person) -> None:
    await logged(practice, coach, member)
    await sent(practice, coach, member, channel="EMAIL")
    await practice.work()
    for assigned in (
        "content = content || '\\x00'",
        "channel = 'SMS'",
        "direction = 'OUT'",
        "occurred_at = now()",
        "status = 'QUEUED', sent_at = NULL",
        "status = 'FAILED', reason = 'x', sent_at = NULL",
        "member_coach_id = NULL",
    ):
        async with practice.as_system() as db:
            with pytest.raises(DBAPIError) as refused:
                await db.execute(text(f"UPDATE communications SET {assigned}"))
            await db.rollback()
        assert refused.value.orig is not None
        assert refused.value.orig.sqlstate == "42501", assigned


async def test_nobody_writes_by_the_hook_of_another_coach(practice: Practice, coach: Person, member: Person) -> None:
    await sent(practice, coach, member, channel="EMAIL")
    await message_hook(practice, await practice.coach())
    twin = (
        "INSERT INTO communications SELECT (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(),"
        " 'hook_id', h.id, 'webhook_id', 'x', 'request_digest', 'x'))).* FROM communications c, message_hooks h"
    )
    with pytest.raises(IntegrityError) as refused:
        await practice.rows(twin)
    assert violated_constraint(refused.value) == "communications_by_own_hooks"


async def test_a_members_first_key_is_stored_for_their_coach_and_not_for_themselves(
    practice: Practice, coach: Person, member: Person
) -> None:
    keep = text(
        "SELECT id FROM keep_key_of_member(CAST(:member AS uuid), gen_random_uuid(), 'tests-1', '\\x01',"
        " CAST('\\x01' AS bytea) || decode(repeat('00', 76), 'hex'))"
    )
    values = {"member": str(parse_key(member.id, "Member", "id"))}
    for who, stored in ((member, 0), (coach, 1), (member, 0)):
        async with practice.as_actor(who.actor) as db:
            assert len((await db.execute(keep, values)).all()) == stored
    assert await practice.count("member_keys") == 1


@pytest.mark.parametrize("who", ["other", "stranger", "beside"])
async def test_a_members_key_is_neither_handed_nor_made_for_who_does_not_see_them(
    practice: Practice, coach: Person, member: Person, who: str
) -> None:
    log = await logged(practice, coach, member)
    askers = {"other": await practice.coach(), "beside": await practice.member(coach), "stranger": None}
    values = {"member": str(parse_key(member.id, "Member", "id"))}
    statements = (
        ("SELECT id FROM key_of_member(CAST(:member AS uuid))", values),
        (
            "SELECT id FROM keep_key_of_member(CAST(:member AS uuid), gen_random_uuid(), 'tests-1', '\\x01', '\\x01')",
            values,
        ),
        (
            "SELECT id FROM keys_of_communications(ARRAY[CAST(:id AS uuid)])",
            {"id": str(parse_key(log["id"], "Communication", "id"))},
        ),
    )

    async with practice.as_actor(practice.context(askers[who]).actor) as db:
        for statement, given in statements:
            assert (await db.execute(text(statement), given)).all() == []
        assert (await db.execute(text("SELECT current_setting('app.system', true)"))).scalar_one() == ""
    async with practice.as_actor(coach.actor) as db:
        for statement, given in (statements[0], statements[2]):
            assert len((await db.execute(text(statement), given)).all()) == 1
