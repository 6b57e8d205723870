"""PostgreSQL that is stopped says goodbye and hangs up: whoever asks it something in between is told to try again."""

import struct

import pytest
from sqlalchemy import text

from app.actor import SYSTEM
from app.platform.database import DatabaseAway
from tests.practice import Practice

_FIELDS = b"SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0"
GOODBYE = b"E" + struct.pack("!i", 4 + len(_FIELDS)) + _FIELDS


async def test_a_statement_by_the_driver_alone(practice: Practice) -> None:
    async def ask() -> None:
        async with practice.house.direct.connection() as lent:
            lent._protocol.data_received(GOODBYE)
            await lent.fetch("SELECT 1")

    with pytest.raises(DatabaseAway):
        await ask()


async def test_a_transaction_by_the_driver_alone(practice: Practice) -> None:
    async def ask() -> None:
        async with practice.house.direct.transaction() as lent:
            lent._protocol.data_received(GOODBYE)
            await lent.fetch("SELECT 1")

    with pytest.raises(DatabaseAway):
        await ask()


async def test_a_transaction_of_a_session(practice: Practice) -> None:
    async def ask() -> None:
        async with practice.house.database.transaction(SYSTEM.settings()) as db:
            raw = await (await db.connection()).get_raw_connection()
            raw.driver_connection._protocol.data_received(GOODBYE)  # type: ignore[union-attr]
            await db.execute(text("SELECT 1"))

    with pytest.raises(DatabaseAway):
        await ask()

    assert await practice.rows("SELECT 1") == [(1,)]
