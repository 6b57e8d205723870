"""What it costs that notes are encrypted: decrypting 200 of them, and reading them through GraphQL."""

from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta

from sqlmodel import col, select

from app.context import Context
from app.loaders.privacy import unwrapped
from app.loaders.sessions.notes import NoteContent, content_of, key_of
from app.models.privacy import MemberKey
from app.models.sessions import SessionNote
from app.platform.keys import Keys
from app.platform.settings import Settings
from benchmarks.common import Candidate, NoFigure, Sheet, comparison, in_turns, milliseconds, run
from benchmarks.practice import practice_of_today
from tests.operations import EVERY_DAY, add_window, booked, noted
from tests.practice import Person, Practice

MEMBERS, NOTES_OF_EACH = 100, 2
WORDS = "What was said, and what was only thought of. " * 33  # some 1,500 characters
ROUNDS = 5
TIMES = 10  # in each turn

PLAIN, KEPT, UNWRAPPED = "not encrypted", "keys kept", "keys unwrapped"
SESSIONS_ALONE, READ = "the sessions alone", "keys read and unwrapped"

NOTES = (
    "{ sessions(first: 100) { edges { node { id notes { id version isDraft visibility author { role name }"
    " sections { heading text } createdAt } } } } }"
)
SESSIONS = "{ sessions(first: 100) { edges { node { id } } } }"


async def measure(settings: Settings) -> list[Sheet]:
    async with practice_of_today(settings) as practice:
        coach = await written(practice)
        return [await decrypting(practice), await reading(practice, coach)]


async def written(practice: Practice) -> Person:
    """A coach with as many members, each with a session in one slot and notes of both."""
    coach = await practice.coach(max_members=MEMBERS)
    for day in EVERY_DAY:
        await add_window(practice, coach, day, "09:00", "12:00", MEMBERS)
    tomorrow = practice.clock().date() + timedelta(days=2)
    starts_at = datetime.combine(tomorrow, time(10), practice.clock().tzinfo).isoformat()
    for member in await practice.members(MEMBERS, coach):
        session = await booked(practice, member, coach, starts_at)
        for author in (coach, member):
            await noted(practice, author, session, WORDS)
    return coach


async def decrypting(practice: Practice) -> Sheet:
    """Without the database: rows that were read before."""
    async with practice.as_system() as db:
        notes = (await db.exec(select(SessionNote).order_by(col(SessionNote.id)))).all()
        wrapped = (await db.exec(select(MemberKey))).all()
    keys: Keys = practice.application.keys
    kept = {(row.member_id, row.id.bytes): unwrapped(keys, row.id, row.wrapped_key) for row in wrapped}
    packed = [kept[key_of(note)].unseal(note.content, note.place) for note in notes]

    async def plain() -> object:
        return [NoteContent.unpacked(each) for each in packed]

    async def with_kept() -> object:
        return [content_of(note, kept) for note in notes]

    async def with_unwrapped() -> object:
        found = {(row.member_id, row.id.bytes): unwrapped(keys, row.id, row.wrapped_key) for row in wrapped}
        return [content_of(note, found) for note in notes]

    work = {PLAIN: plain, KEPT: with_kept, UNWRAPPED: with_unwrapped}
    figures = await in_turns({name: repeated(each) for name, each in work.items()}, ROUNDS)
    size = sum(map(len, packed)) / len(packed)
    sheet = comparison(f"Decrypting {len(notes)} notes of {MEMBERS} members", "ms", figures, PLAIN)
    sheet.notes.append(f"Notes of {size:,.0f} bytes, rows and wrapped keys at hand. {PLAIN}: the same texts, unpacked.")
    return sheet


async def reading(practice: Practice, coach: Person) -> Sheet:
    """As a coach asks for them, in this process, without HTTP."""
    context = Context(practice.house, coach.actor)

    async def asked(query: str, notes: int) -> None:
        answer = await practice.execute(query, coach)
        edges = answer["data"]["sessions"]["edges"] if "errors" not in answer else []
        if sum(len(edge["node"].get("notes", ())) for edge in edges) != notes or len(edges) != MEMBERS:
            raise NoFigure("the answer is wrong")

    async def sessions_alone() -> None:
        await asked(SESSIONS, 0)

    async def with_kept() -> None:
        await asked(NOTES, MEMBERS * NOTES_OF_EACH)

    async def with_read() -> None:
        context.house.keys.forget()
        await asked(NOTES, MEMBERS * NOTES_OF_EACH)

    work = {SESSIONS_ALONE: sessions_alone, KEPT: with_kept, READ: with_read}
    figures = await in_turns({name: repeated(each) for name, each in work.items()}, ROUNDS)
    title = f"Reading {MEMBERS * NOTES_OF_EACH} notes of {MEMBERS} sessions through GraphQL"
    sheet = comparison(title, "ms", figures, KEPT)
    sheet.notes.append("In one process, one request at a time, under the coach's rights, PostgreSQL beside it.")
    return sheet


def repeated(work: Callable[[], Awaitable[object]]) -> Candidate:
    return lambda: milliseconds(work, TIMES)


if __name__ == "__main__":
    run("notes", measure)
