"""Keys: a wrong one is refused at the start, a moved value by its row, and they are rotated while people work."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import structlog

from app.context import Context
from app.platform.keys import KeyFile, Keys, master_keys
from app.platform.settings import InvalidSettings, Settings
from app.server import Application
from app.services import privacy
from app.wire.relay import parse_key
from tests.growing import entered
from tests.operations import (
    SESSION_NOTES,
    UPDATE_NOTE,
    WRITE_NOTE,
    add_window,
    booked,
    noted,
    notes_of,
    nothing_written,
)
from tests.practice import MovableClock, Person, Practice
from tests.recommending import said_of_one
from tests.risks import assessed

NINE = "2026-03-02T09:00:00Z"


def written(**secrets: bytes) -> str:
    return ",".join(f"{name.replace('_', '-')}:{b64encode(secret * 32).decode()}" for name, secret in secrets.items())


@asynccontextmanager
async def with_key_file(settings: Settings, folder: Path) -> AsyncIterator[Practice]:
    """A practice whose keys are in a file, as with embedded servers."""
    file = KeyFile(folder / "encryption-keys")
    file.make("first")
    changes = {"encryption_keys": "", "encryption_key_file": file.path}
    async with Practice.opened(settings.model_copy(update=changes), MovableClock()) as practice:
        yield practice


async def people(practice: Practice, members: int) -> tuple[Person, list[Person], list[str]]:
    """A coach, members, and a session of each, all in one slot."""
    coach = await practice.coach(max_members=members)
    await add_window(practice, coach, seats=members)
    made = await practice.members(members, coach)
    return coach, made, [await booked(practice, member, coach, NINE) for member in made]


async def start(settings: Settings, **changes: Any) -> None:
    """A server's start and its end."""
    application = Application(settings.model_copy(update=changes))
    async with application.lifespan(application.asgi()):
        pass


async def failures(practice: Practice, keys: Keys | None = None) -> list[str]:
    """What `rapport keys check` finds, with keys that nothing was unwrapped by."""
    keys = keys or Keys(master_keys(practice.application.settings))
    return [each async for each in privacy.check_keys(Context(practice.house).unit_of_work, keys)]


def uuid(note: dict[str, Any]) -> UUID:
    return parse_key(note["id"], "SessionNote", "id")


# At the start


async def test_a_wrong_key_is_refused_by_its_id_before_anything_is_written(
    practice: Practice, settings: Settings
) -> None:
    async with nothing_written(practice):
        with pytest.raises(InvalidSettings, match=r"^ENCRYPTION_KEYS: the key tests-1 is not the one"):
            await start(settings, encryption_keys=written(new=b"n", tests_2=b"2", tests_1=b"x"))


async def test_a_start_without_a_key_that_something_is_under_is_refused_by_its_id(
    practice: Practice, settings: Settings
) -> None:
    coach, _, (session,) = await people(practice, 1)
    await noted(practice, coach, session)

    async with nothing_written(practice):
        with pytest.raises(InvalidSettings, match=r"^ENCRYPTION_KEYS: the key tests-2 is missing"):
            await start(settings, encryption_keys=written(new=b"n", tests_1=b"1"))
    await start(settings, encryption_keys=written(new=b"n", tests_2=b"2"))
    assert await practice.rows("SELECT id FROM master_keys ORDER BY id") == [("new",), ("tests-1",), ("tests-2",)]


async def test_a_wrong_key_is_refused_where_the_start_could_not_tell(practice: Practice, settings: Settings) -> None:
    """The database was away then; the first key that would be made with it is not."""
    coach, _, (session,) = await people(practice, 1)
    wrong = settings.model_copy(update={"encryption_keys": written(tests_2=b"x")})
    late = Keys(master_keys(wrong))
    practice.application.keys.master, right = late.master, practice.application.keys.master
    practice.application.keys.confirmed.clear()
    given = {"sessionId": session, "visibility": "PRIVATE", "sections": [{"heading": "A", "text": "B"}]}

    async with nothing_written(practice):
        with structlog.testing.capture_logs() as lines:
            refusal = await practice.refusal(WRITE_NOTE, coach, input=given)

    assert refusal["code"] == "INTERNAL"
    assert "the key tests-2 is not the one" in str([line["exc_info"] for line in lines if "exc_info" in line])
    practice.application.keys.master = right
    await noted(practice, coach, session)


# Values that are not what was written here


async def test_a_ciphertext_that_was_moved_to_another_row_is_refused_by_the_row(practice: Practice) -> None:
    coach, _, (session,) = await people(practice, 1)
    one, other = await noted(practice, coach, session, "One"), await noted(practice, coach, session, "Other")
    await practice.rows(
        "UPDATE session_notes SET content = (SELECT content FROM session_notes WHERE id = :one) WHERE id = :other"
        " RETURNING id",
        one=uuid(one),
        other=uuid(other),
    )

    async with nothing_written(practice):
        with structlog.testing.capture_logs() as lines:
            refusals = [
                await practice.refusal(SESSION_NOTES, coach, id=session),
                await practice.refusal(UPDATE_NOTE, coach, input={"id": other["id"], "expectedVersion": 1}),
            ]

    assert [refusal["code"] for refusal in refusals] == ["INTERNAL"] * 2
    said = [str(line["exc_info"]) for line in lines if "exc_info" in line]
    assert len(said) == 2
    assert all(f"session_notes {uuid(other)}: content was changed" in each for each in said)
    assert await failures(practice) == [said[0]]


async def test_a_note_that_was_moved_to_another_members_session_is_refused_by_the_row(practice: Practice) -> None:
    """Kept keys are kept for their member."""
    coach, _, (session, beside) = await people(practice, 2)
    note, other = await noted(practice, coach, session, "One"), await noted(practice, coach, beside, "Other")
    await practice.rows("DELETE FROM session_notes WHERE id = :id RETURNING id", id=uuid(other))
    moved = "id, s.id, s.coach_id, s.member_id, n.author_user_id, n.written_by, n.visibility, false, 1, n.content"
    async with practice.owner.begin() as connection:
        await connection.exec_driver_sql("SELECT set_config('app.system', 'on', true)")
        await connection.exec_driver_sql(
            "WITH n AS (DELETE FROM session_notes RETURNING *) INSERT INTO session_notes (id, session_id, coach_id,"
            f" member_id, author_user_id, written_by, visibility, is_draft, version, content) SELECT n.{moved}"
            f" FROM n, sessions s WHERE s.id = '{parse_key(beside, 'Session', 'id')}'"
        )

    with structlog.testing.capture_logs() as lines:
        await practice.refusal(SESSION_NOTES, coach, id=beside)

    (said,) = [str(line["exc_info"]) for line in lines if "exc_info" in line]
    assert said == f"session_notes {uuid(note)}: content is under a key that its member does not have"


async def test_everything_that_cannot_be_read_is_named_by_the_check(practice: Practice) -> None:
    coach, members, sessions = await people(practice, 4)
    notes = [await noted(practice, coach, session) for session in sessions]
    keys = dict(await practice.rows("SELECT member_id, id FROM member_keys"))
    of = [keys[member.member.id] for member in members if member.member]
    assert await failures(practice) == []

    last = "substring(content, 1, length(content) - 1) || '\\x00'::bytea"
    await practice.rows(f"UPDATE session_notes SET content = {last} WHERE id = :id RETURNING id", id=uuid(notes[0]))
    swapped = "UPDATE member_keys SET wrapped_key = (SELECT wrapped_key FROM member_keys WHERE id = :a) WHERE id = :b"
    await practice.rows(f"{swapped} RETURNING id", a=of[0], b=of[1])
    await practice.rows("UPDATE member_keys SET master_key_id = 'tests-1' WHERE id = :id RETURNING id", id=of[2])

    found = await failures(practice)

    assert len(found) == 4
    assert {each.partition(": ")[0] for each in found} == {
        *(f"member_keys {of[1]}", f"member_keys {of[2]}"),
        *(f"session_notes {uuid(notes[0])}", f"session_notes {uuid(notes[1])}"),
    }


async def test_a_wrong_or_missing_master_key_is_named_by_the_check(practice: Practice, settings: Settings) -> None:
    coach, _, (session,) = await people(practice, 1)
    note = await noted(practice, coach, session)
    ((key,),) = await practice.rows("SELECT id FROM member_keys")

    def other(**secrets: bytes) -> Keys:
        return Keys(master_keys(settings.model_copy(update={"encryption_keys": written(**secrets)})))

    wrong, missing = await failures(practice, other(tests_2=b"x")), await failures(practice, other(tests_1=b"1"))

    assert wrong[0] == "ENCRYPTION_KEYS: the key tests-2 is not the one that was used with this database"
    assert [each.partition(":")[0] for each in wrong[1:]] == [f"member_keys {key}", f"session_notes {uuid(note)}"]
    assert missing[0] == f"member_keys {key}: wrapped_key is under the master key tests-2, which is not there"


async def test_each_member_has_one_key_however_many_write_at_once(practice: Practice) -> None:
    coach, (member,), (session,) = await people(practice, 1)

    await asyncio.gather(*(noted(practice, who, session, f"Note {n}") for n in range(6) for who in (coach, member)))

    assert await practice.count("member_keys") == 1
    assert len(set(await notes_of(practice, member, session))) == 6
    assert await failures(practice) == []


# Rotating


async def test_rotation_wraps_every_key_anew_and_touches_no_text(
    practice: Practice, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.privacy.rotation.BATCH", 2)
    coach, (member, *_), sessions = await people(practice, 5)
    for session in sessions:
        await noted(practice, coach, session, "Words")
    await entered(practice, member)
    await assessed(practice, coach, member, notes="Words")
    await said_of_one(practice, coach, member, "Words")
    before = await practice.rows("SELECT id, content, version, updated_at FROM session_notes ORDER BY id")
    turned = settings.model_copy(update={"encryption_keys": written(tests_1=b"1", tests_2=b"2")})

    rotated = await privacy.rotate_keys(
        Context(practice.house).unit_of_work, Keys(master_keys(turned)), now=practice.clock()
    )

    assert rotated == (5, [])
    assert await practice.rows("SELECT DISTINCT master_key_id FROM member_keys") == [("tests-1",)]
    assert await practice.rows("SELECT id, content, version, updated_at FROM session_notes ORDER BY id") == before
    only_new = Keys(master_keys(settings.model_copy(update={"encryption_keys": written(tests_1=b"1")})))
    assert await failures(practice, only_new) == []


async def test_rotation_leaves_and_names_what_it_cannot_read(practice: Practice, settings: Settings) -> None:
    coach, _, sessions = await people(practice, 2)
    for session in sessions:
        await noted(practice, coach, session)
    (one, other) = [key for (key,) in await practice.rows("SELECT id FROM member_keys ORDER BY id")]
    swapped = "UPDATE member_keys SET wrapped_key = (SELECT wrapped_key FROM member_keys WHERE id = :a) WHERE id = :b"
    await practice.rows(f"{swapped} RETURNING id", a=one, b=other)
    turned = settings.model_copy(update={"encryption_keys": written(tests_1=b"1", tests_2=b"2")})

    count, left = await privacy.rotate_keys(
        Context(practice.house).unit_of_work, Keys(master_keys(turned)), now=practice.clock()
    )

    assert count == 1
    assert [each.partition(":")[0] for each in left] == [f"member_keys {other}"]


async def test_people_read_and_write_while_keys_are_rotated(settings: Settings, tmp_path: Path) -> None:
    async with with_key_file(settings, tmp_path) as practice:
        coach, members, sessions = await people(practice, 30)
        await noted(practice, coach, sessions[0], "Words")
        first = await practice.rows("SELECT wrapped_key FROM member_keys")
        is_over, read = asyncio.Event(), 0

        async def reading() -> None:
            nonlocal read
            while not is_over.is_set():
                practice.application.keys.forget()
                assert await notes_of(practice, members[0], sessions[0]) == ["Words"]
                read += 1

        async def writing() -> None:
            for member, session in zip(members[1:], sessions[1:], strict=True):
                await noted(practice, member, session, "New")

        async def rotating() -> None:
            """As `rapport keys rotate` does, beside the server."""
            for _ in range(5):
                keys = Keys(master_keys(practice.application.settings))
                _, left = await privacy.rotate_keys(Context(practice.house).unit_of_work, keys, now=practice.clock())
                assert left == []

        async def working() -> None:
            await asyncio.gather(writing(), rotating())
            is_over.set()

        await asyncio.gather(reading(), working())

        assert read > 5
        assert await practice.count("member_keys") == 30
        assert await practice.count("master_keys") == 6
        assert await practice.rows("SELECT wrapped_key FROM member_keys WHERE wrapped_key = :w", w=first[0][0]) == []
        assert await failures(practice) == []
        assert await notes_of(practice, coach, sessions[29]) == ["New"]


async def test_a_new_member_is_under_the_new_key_on_a_server_that_knew_the_old_one(
    settings: Settings, tmp_path: Path
) -> None:
    async with with_key_file(settings, tmp_path) as practice:
        coach, _, (session, later) = await people(practice, 2)
        await noted(practice, coach, session)
        beside = Keys(master_keys(practice.application.settings))
        await privacy.rotate_keys(Context(practice.house).unit_of_work, beside, now=practice.clock())

        await noted(practice, coach, later)

        assert await practice.rows("SELECT DISTINCT master_key_id FROM member_keys") == [(beside.master.first_id,)]


async def test_two_rotations_at_once_lose_no_key(settings: Settings, tmp_path: Path) -> None:
    async with with_key_file(settings, tmp_path) as practice:
        coach, _, sessions = await people(practice, 3)
        for session in sessions:
            await noted(practice, coach, session)

        await asyncio.gather(
            *(asyncio.to_thread(_rotated_elsewhere, practice.application.settings, practice.clock) for _ in range(2))
        )

        kept = KeyFile(tmp_path / "encryption-keys").read()
        assert len(kept) == 3
        assert {name for (name,) in await practice.rows("SELECT id FROM master_keys")} == kept.keys()
        assert await failures(practice) == []


def _rotated_elsewhere(settings: Settings, clock: MovableClock) -> None:
    async def rotate() -> None:
        application = Application(settings, clock)
        try:
            await privacy.rotate_keys(Context(application.house).unit_of_work, application.keys, now=clock())
        finally:
            application.house.passwords.close()
            await application.database.close()

    asyncio.run(rotate())
