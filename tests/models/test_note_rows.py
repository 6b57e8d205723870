"""What the schema itself holds of notes and their keys, whoever writes and however."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.platform.settings import Settings
from tests.models.small_practice import SmallPractice
from tests.practice import MovableClock, Practice

PLAIN = "convert_to('[[[\"Heading\", \"words that anybody can read, and many of them\"]], null, null]', 'UTF8')"


@pytest.fixture(scope="module")
async def small(settings: Settings) -> AsyncIterator[SmallPractice]:
    async with Practice.opened(settings, MovableClock()) as practice:
        yield await SmallPractice.made_in(practice)


async def refusal(small: SmallPractice, statement: str) -> str:
    """The constraint or the SQLSTATE by which even the system is refused."""
    async with small.practice.as_system() as db:
        with pytest.raises(DBAPIError) as refused:
            await db.execute(text(statement))
        await db.rollback()
    cause = refused.value.orig.__cause__
    return str(getattr(cause, "constraint_name", None) or cause.sqlstate)


@pytest.mark.parametrize(
    ("statement", "refused_by"),
    [
        (f"UPDATE session_notes SET content = {PLAIN}", "session_notes_encrypted"),
        ("UPDATE session_notes SET content = '\\x02' || substring(content, 2)", "session_notes_encrypted"),
        ("UPDATE session_notes SET content = substring(content, 1, 44)", "session_notes_encrypted"),
        ("UPDATE session_notes SET content = ''", "session_notes_encrypted"),
        ("UPDATE session_notes SET version = 0", "session_notes_version_range"),
        ("UPDATE member_keys SET wrapped_key = substring(wrapped_key, 1, 76)", "member_keys_wrapped"),
        ("UPDATE member_keys SET wrapped_key = '\\x02' || substring(wrapped_key, 2)", "member_keys_wrapped"),
        ("UPDATE member_keys SET master_key_id = 'nobody'", "member_keys_master_key_id_fkey"),
        ("UPDATE master_keys SET check_value = '\\x02'", "master_keys_encrypted"),
        ("DELETE FROM master_keys", "member_keys_master_key_id_fkey"),
        ("UPDATE note_templates SET headings = '{}'", "note_templates_headings_range"),
        (
            "UPDATE session_notes SET visibility = 'PRIVATE' WHERE written_by = 'MEMBER' AND is_draft",
            "session_notes_of_members_are_shared",
        ),
        (
            "UPDATE session_notes SET visibility = 'PRIVATE' WHERE visibility = 'SHARED' AND NOT is_draft",
            "session_notes_stay_in_sight",
        ),
        ("UPDATE session_notes SET is_draft = true WHERE NOT is_draft", "session_notes_stay_in_sight"),
        ("UPDATE session_notes SET author_user_id = gen_random_uuid()", "42501"),
        ("UPDATE session_notes SET member_id = gen_random_uuid()", "42501"),
        ("UPDATE session_notes SET written_by = 'ADMIN'", "42501"),
        (
            "INSERT INTO member_keys (id, member_id, master_key_id, wrapped_key)"
            " SELECT gen_random_uuid(), member_id, master_key_id, wrapped_key FROM member_keys",
            "member_keys_member_id_key",
        ),
        (
            "INSERT INTO session_notes (id, session_id, coach_id, member_id, author_user_id, written_by, visibility,"
            " is_draft, version, content) SELECT gen_random_uuid(), n.session_id, n.coach_id, m.id, n.author_user_id,"
            " 'COACH', 'PRIVATE', false, 1, n.content FROM session_notes n, members m WHERE m.id <> n.member_id",
            "session_notes_session_fkey",
        ),
    ],
)
async def test_even_the_system_may_not(small: SmallPractice, statement: str, refused_by: str) -> None:
    assert await refusal(small, statement) == refused_by


@pytest.mark.parametrize(
    ("who", "handed"),
    [
        ("stranger", []),
        ("anna", ["anna"]),
        ("ben", []),
        ("carl", ["carl"]),
        ("one", ["anna"]),
        ("other", ["carl"]),
        ("admin", ["anna", "carl"]),
    ],
)
async def test_a_wrapped_key_is_handed_to_whoever_sees_a_note_under_it(
    small: SmallPractice, who: str, handed: list[str]
) -> None:
    notes = [note for (note,) in await small.practice.rows("SELECT id FROM session_notes")]
    async with small.practice.as_actor(small.actor(who)) as db:
        asked = text("SELECT member_id FROM keys_of_notes(CAST(:notes AS uuid[]))")
        rows = (await db.execute(asked, {"notes": notes})).all()

        assert sorted(small.name_of(tuple(row)) for row in rows) == handed
        assert (await db.execute(text("SELECT current_setting('app.system', true)"))).scalar_one() == ""


@pytest.mark.parametrize("who", ["stranger", "ben", "carl", "other"])
async def test_a_key_is_neither_handed_nor_made_for_a_session_that_is_out_of_sight(
    small: SmallPractice, who: str
) -> None:
    ((session,),) = await small.practice.rows(
        "SELECT id FROM sessions WHERE member_id = CAST(:member AS uuid)", member=small.member_id("anna")
    )
    made = "SELECT id FROM keep_member_key(:session, gen_random_uuid(), 'tests-1', '\\x01', '\\x01')"
    async with small.practice.as_actor(small.actor(who)) as db:
        for statement in ("SELECT id FROM key_of_session(:session)", made):
            assert (await db.execute(text(statement), {"session": session})).all() == []
