"""Secrets that the master key seals itself are rotated, checked and missed as members' keys are."""

from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import LargeBinary
from sqlmodel import SQLModel

from app.context import Context
from app.platform.encryption import read_master_keys
from app.platform.keys import Keys, MasterKeys
from app.platform.outgoing import GuardedClient
from app.platform.settings import InvalidSettings
from app.services import privacy
from app.services.privacy.sealed import SEALED
from tests.conftest import ENCRYPTION_KEYS
from tests.practice import Person, Practice
from tests.receiving import Receiver, receiving
from tests.webhooks import ROTATE, SEND_TEST, endpoint

NEW = f"newest:{b64encode(b'n' * 32).decode()}"


@pytest.fixture
async def receiver(practice: Practice) -> AsyncIterator[Receiver]:
    practice.house.outside.outgoing = GuardedClient(allow=["127.0.0.1"])
    async with receiving() as found:
        yield found


@pytest.fixture
async def coach(practice: Practice) -> Person:
    return await practice.coach()


def keys_of(written: str) -> Keys:
    return Keys(MasterKeys(read_master_keys(written), source="ENCRYPTION_KEYS"))


async def failures(practice: Practice, keys: Keys) -> list[str]:
    return [each async for each in privacy.check_keys(Context(practice.house).unit_of_work, keys)]


# What else is stored in bytes.
NOT_SEALED = {
    ("refresh_tokens", "token_hash"),
    ("remembered_requests", "input_hash"),
    ("master_keys", "check_value"),
    ("member_keys", "wrapped_key"),
    ("session_notes", "content"),  # under the member's key, as the next
    ("communications", "content"),
    ("assessment_answers", "sealed_text"),
    ("risk_assessments", "notes"),
    ("risk_alerts", "note"),
    ("member_interventions", "feedback"),
    ("member_intervention_notes", "content"),
    ("recommendations", "comment"),
    ("journal_entries", "content"),
    ("communications", "request_digest"),
    ("calendar_feeds", "secret_hash"),
}


def test_every_sealed_column_is_on_the_list() -> None:
    in_bytes = {
        (table.name, column.name)
        for table in SQLModel.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }

    assert in_bytes - NOT_SEALED == {(sealed.table, sealed.column) for sealed in SEALED}
    assert in_bytes >= NOT_SEALED


async def test_a_rotation_seals_both_secrets_anew_and_both_still_sign(
    practice: Practice, coach: Person, receiver: Receiver
) -> None:
    practice.clock.now = datetime.now(UTC)
    id_, old = await endpoint(practice, coach, receiver.url)
    new = (await practice.ask(ROTATE, coach, input={"id": id_}))["secret"]
    keys = keys_of(f"{NEW},{ENCRYPTION_KEYS}")
    async with Context(practice.house).unit_of_work() as db:
        await privacy.confirm_keys(db, keys.master)

    counted = await privacy.rotate_keys(Context(practice.house).unit_of_work, keys, now=practice.clock())

    assert counted == (2, [])
    async with practice.as_system() as db:
        assert await privacy.keys_in_use(db) == {"newest"}
    assert await failures(practice, keys_of(NEW)) == []
    kept, practice.house.keys.master = practice.house.keys.master, keys.master
    await practice.ask(SEND_TEST, coach, input={"id": id_})
    await practice.work()
    practice.house.keys.master = kept
    (received,) = receiver.received
    assert received.verified_by(new) == received.verified_by(old)


async def test_what_cannot_be_read_is_named_and_left(practice: Practice, coach: Person, receiver: Receiver) -> None:
    await endpoint(practice, coach, receiver.url)
    await endpoint(practice, coach, receiver.url)
    ((broken,),) = await practice.rows(
        "UPDATE webhook_endpoints SET sealed_secret = sealed_secret || '\\x00'"
        " WHERE id = (SELECT id FROM webhook_endpoints LIMIT 1) RETURNING id"
    )
    said = (
        f"webhook_endpoints {broken}: sealed_secret was changed, or belongs to another row, or its key is another one"
    )
    assert await failures(practice, practice.house.keys) == [said]

    keys = keys_of(f"{NEW},{ENCRYPTION_KEYS}")
    async with Context(practice.house).unit_of_work() as db:
        await privacy.confirm_keys(db, keys.master)
    count, left = await privacy.rotate_keys(Context(practice.house).unit_of_work, keys, now=practice.clock())
    assert (count, left) == (1, [said])


async def test_a_start_without_the_key_of_a_secret_is_refused(
    practice: Practice, coach: Person, receiver: Receiver
) -> None:
    await endpoint(practice, coach, receiver.url)

    async with practice.as_system() as db:
        with pytest.raises(InvalidSettings, match="the key tests-2 is missing"):
            await privacy.confirm_keys(db, keys_of(NEW).master)
