"""Trying every key and everything that is under one."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlmodel import SQLModel, col, select

from app.loaders.coherence.assessments import words_in
from app.loaders.growth import comment_in, feedback_in, note_in, text_of
from app.loaders.messaging import said_in
from app.loaders.privacy import unwrapped
from app.loaders.risk import text_in
from app.loaders.sessions.notes import content_of
from app.models.coherence import AssessmentAnswer
from app.models.growth import JournalEntry, MemberIntervention, MemberInterventionNote, Recommendation
from app.models.messaging import Communication
from app.models.privacy import MasterKey, MemberKey, place_of_wrapped_key
from app.models.risk import RiskAlert, RiskAssessment
from app.models.sessions import SessionNote
from app.platform.encryption import Key, Place, UnreadableValue, key_id_of, master_key_id
from app.platform.keys import Keys, Owned
from app.platform.settings import InvalidSettings
from app.services.privacy.keys import refuse_other
from app.services.privacy.resealing import check_sealed
from app.services.privacy.transactions import Transactions

BATCH = 50

Read = Callable[[Any, Mapping[Owned, Key]], object]
UNDER_MEMBERS_KEYS: Final[tuple[tuple[type[SQLModel], Read], ...]] = (
    (SessionNote, content_of),
    (Communication, said_in),
    (JournalEntry, text_of),
    (RiskAssessment, text_in),
    (RiskAlert, text_in),
    (MemberIntervention, feedback_in),
    (MemberInterventionNote, note_in),
    (AssessmentAnswer, words_in),
    (Recommendation, comment_in),
)
"""What is encrypted under its member's key, and how it is read."""


async def check_keys(transactions: Transactions, keys: Keys) -> AsyncIterator[str]:
    """A sentence for each key and each row that cannot be read, which names it; nothing is written."""
    async with transactions() as db:
        known = (await db.exec(select(MasterKey).where(col(MasterKey.id).in_(keys.master.ids)))).all()
    for master in known:
        try:
            refuse_other(keys.master, master.id, master.check_value)
        except InvalidSettings as wrong:
            yield str(wrong)
    after = UUID(int=0)
    while rows := await _keys_after(transactions, after):
        for row in rows:
            if failure := _failure_of_key(keys, row):
                yield failure
        after = rows[-1].id
    for model, read in UNDER_MEMBERS_KEYS:
        after = UUID(int=0)
        while pairs := await _rows_after(transactions, model, after):
            for row_under_key, key in pairs:
                if failure := _failure_of(keys, row_under_key, key, read):
                    yield failure
            after = pairs[-1][0].id
    async for failure in check_sealed(transactions, keys):
        yield failure


async def _keys_after(transactions: Transactions, after: UUID) -> Sequence[MemberKey]:
    statement = select(MemberKey).where(col(MemberKey.id) > after).order_by(col(MemberKey.id)).limit(BATCH)
    async with transactions() as db:
        return (await db.exec(statement)).all()


async def _rows_after(transactions: Transactions, model: Any, after: UUID) -> Sequence[tuple[Any, MemberKey | None]]:
    statement = (
        select(model, MemberKey)
        .outerjoin(MemberKey, col(MemberKey.member_id) == col(model.member_id))
        .where(col(model.id) > after)
        .order_by(col(model.id))
        .limit(BATCH)
    )
    async with transactions() as db:
        return (await db.exec(statement)).all()


def _failure_of_key(keys: Keys, row: MemberKey) -> str | None:
    place = place_of_wrapped_key(row.id)
    try:
        unwrapped(keys, row.id, row.wrapped_key)
        if master_key_id(key_id_of(row.wrapped_key, place)) != row.master_key_id:
            raise UnreadableValue(place, f"is not under the master key {row.master_key_id}")
    except UnreadableValue as failure:
        return str(failure)
    return None


def _failure_of(keys: Keys, row: Any, key: MemberKey | None, read: Read) -> str | None:
    try:
        read(row, _found(keys, row.place, key))
    except UnreadableValue as failure:
        return str(failure)
    return None


def _found(keys: Keys, place: Place, row: MemberKey | None) -> dict[Owned, Key]:
    """The key of a row's member, if there is one; raises `UnreadableValue` that names the row."""
    if row is None:
        return {}
    try:
        return {(row.member_id, row.id.bytes): unwrapped(keys, row.id, row.wrapped_key)}
    except UnreadableValue as failure:
        raise UnreadableValue(place, f"is out of reach: {failure}") from failure
