"""Words that are written into notes are found again by their readers, and nowhere else: no table, file or log."""

from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.platform.clock import system_clock
from app.platform.settings import Settings
from app.wire.relay import parse_key
from tests.operations import (
    EVERY_DAY,
    REMOVE_NOTE,
    SESSION_NOTES,
    UPDATE_NOTE,
    WRITE_NOTE,
    add_window,
    booked,
)
from tests.practice import MovableClock, Person, Practice
from tests.server.serving import server_processes

CANARY = "Kanarienvogel7f3a"  # in every note, and in every input that is refused
CONTROL = "Kontrollwort91c2"  # in a booking's note, which is stored as it is
WORDS = (CANARY, CONTROL)
SECTIONS = [{"heading": f"{CANARY} h", "text": f"He told me {CANARY}, and wept."}]


def spellings(word: str) -> list[bytes]:
    """As it is, as bytea shows it, and as base64 has it wherever it begins."""
    plain = word.encode()
    shifted = [b64encode(b"x" * shift + plain)[4 if shift else 0 : -4] for shift in range(3)]
    return [plain, plain.hex().encode(), *shifted]


def is_in(word: str, content: bytes) -> bool:
    return any(spelling in content for spelling in spellings(word))


class Asking:
    """People who ask a server in a process of its own, by HTTP."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client

    async def send(self, who: Person, query: str, **variables: Any) -> httpx2.Response:
        headers = {"authorization": f"Bearer {who.token}"}
        return await self.client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)

    async def change(self, who: Person, query: str, **given: Any) -> dict[str, Any]:
        answer = (await self.send(who, query, input=given)).json()
        assert "errors" not in answer, answer
        (value,) = answer["data"].values()
        result: dict[str, Any] = value
        return result


async def live_with_notes(practice: Practice, asking: Asking, coach: Person, member: Person, session: str) -> None:
    """Everything that is done with notes, well and badly."""
    new = {"sessionId": session, "visibility": "SHARED", "sections": SECTIONS}
    draft = await asking.change(coach, WRITE_NOTE, **new, isDraft=True, idempotencyKey="a")
    assert await asking.change(coach, WRITE_NOTE, **new, isDraft=True, idempotencyKey="a") == draft
    reused = await asking.change(coach, WRITE_NOTE, **new, isDraft=False, idempotencyKey="a")
    assert reused["code"] == "IDEMPOTENCY_KEY_REUSED"
    final = {"id": draft["id"], "expectedVersion": 1, "sections": SECTIONS, "isDraft": False}
    assert (await asking.change(coach, UPDATE_NOTE, **final))["version"] == 2
    assert (await asking.change(coach, UPDATE_NOTE, **final))["code"] == "VERSION_CONFLICT"
    await asking.change(member, WRITE_NOTE, **new)
    private = await asking.change(coach, WRITE_NOTE, **{**new, "visibility": "PRIVATE"})
    gone = await asking.change(coach, WRITE_NOTE, **new)
    await asking.change(coach, REMOVE_NOTE, id=gone["id"])
    for who, notes in ((coach, 3), (member, 2)):
        answer = await asking.send(who, SESSION_NOTES, id=session)
        assert len(answer.json()["data"]["session"]["notes"]) == notes
        assert answer.text.count(CANARY) == 2 * notes
    for wrong in (SECTIONS * 21, [{"heading": CANARY * 20, "text": CANARY}], [{"heading": CANARY, "text": [CANARY]}]):
        await asking.send(coach, WRITE_NOTE, input={**new, "sections": wrong})
    await asking.send(coach, WRITE_NOTE, input={**new, "sections": SECTIONS, CANARY: CANARY})
    await asking.send(coach, f'{{ noteTemplates(coachId: "{CANARY}") {{ id }} }} {CANARY}')
    # What cannot be read fails on our side, and is logged.
    await practice.rows(
        "UPDATE session_notes SET content = substring(content, 1, length(content) - 1) || '\\x00'::bytea"
        " WHERE id = :id RETURNING id",
        id=parse_key(private["id"], "SessionNote", "id"),
    )
    assert (await asking.send(coach, SESSION_NOTES, id=session)).json()["errors"][0]["extensions"]["code"] == "INTERNAL"


async def contents(owner: AsyncConnection) -> dict[str, bytes]:
    """Every row of every table there is, as text."""
    await owner.execute(text("SELECT set_config('app.system', 'on', true)"))
    named = text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    found = {}
    for table in (await owner.execute(named)).scalars().all():
        rows = (await owner.execute(text(f"SELECT t::text FROM {table} t"))).scalars().all()
        found[table] = "\n".join(rows).encode()
    return found


async def kept_by_redis(settings: Settings) -> bytes:
    redis = Redis.from_url(settings.redis_url)
    try:
        return b"\n".join([key + (await redis.dump(key) or b"") async for key in redis.scan_iter()])
    finally:
        await redis.aclose()


def files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Tables, indexes, the write-ahead log and the servers' own logs, byte by byte; none with servers of another's."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path, path.read_bytes()


async def test_what_is_written_in_notes_is_nowhere_to_be_found(settings: Settings) -> None:
    clock = MovableClock(system_clock())
    day = (clock.now + timedelta(days=2)).replace(hour=10, minute=0, second=0, microsecond=0)
    async with (
        Practice.opened(settings, clock) as practice,
        server_processes(settings, LOG_LEVEL="DEBUG", LOG_FORMAT="json") as (server,),
        server.client() as client,
    ):
        coach = await practice.coach()
        for name in EVERY_DAY:
            await add_window(practice, coach, name, "08:00", "18:00")
        member = await practice.member(coach)
        session = await booked(practice, member, coach, day.isoformat(), note=CONTROL)

        await live_with_notes(practice, Asking(client), coach, member, session)

        async with practice.owner.connect() as owner:
            tables = await contents(owner)
        assert tables["session_notes"].count(b"\n") == 2
        assert [table for table, content in tables.items() if is_in(CANARY, content)] == []
        assert "sessions" in [table for table, content in tables.items() if is_in(CONTROL, content)]
        assert not is_in(CANARY, await kept_by_redis(settings))
        assert "session_notes" in server.log, "what failed on our side is logged"
        assert not is_in(CANARY, server.log.encode())
        async with practice.as_system() as db:  # what was written is on the disk after a commit that waits for it
            await db.execute(text("SET LOCAL synchronous_commit = on"))
            await db.execute(text("UPDATE users SET last_login_at = now()"))
        found = {
            word: [str(path) for path, content in files(settings.data_dir) if is_in(word, content)] for word in WORDS
        }
        assert found[CANARY] == []
        assert found[CONTROL] or not (settings.data_dir / "postgres").exists()


def test_the_canary_is_found_however_it_is_written() -> None:
    for hidden in (
        CANARY.encode(),
        CANARY.encode().hex().encode(),
        *(b64encode(b"ab"[:n] + CANARY.encode() + b"...") for n in range(3)),
    ):
        assert is_in(CANARY, b"before" + hidden + b"after")
    assert not is_in(CANARY, b"Kanarienvogel")
