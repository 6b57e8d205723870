"""PostgreSQL that is stopped says goodbye and hangs up; whoever asks it something between the two is told to try again."""

import struct

import pytest
from sqlalchemy import text

from app.actor import SYSTEM
from app.platform.database import DatabaseAway
from tests.practice import Practice

_FIELDS = b"SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0"
GOODBYE = b"E" + struct.pack("!i", 4 + len(_FIELDS)) + _FIELDS


async def test_a_request_by_the_driver_alone(practice: Practice) -> None:
    direct = practice.house.direct

    for _ in range(2):
        with pytest.raises(DatabaseAway):
            async with direct.connection() as lent:
                lent._protocol.data_received(GOODBYE)
                await lent.fetch("SELECT 1")
        with pytest.raises(DatabaseAway):
            async with direct.transaction() as lent:
                lent._protocol.data_received(GOODBYE)
                await lent.fetch("SELECT 1")


async def test_a_request_by_a_session(practice: Practice) -> None:
    with pytest.raises(DatabaseAway):
        async with practice.house.database.transaction(SYSTEM.settings()) as db:
            raw = await (await db.connection()).get_raw_connection()
            raw.driver_connection._protocol.data_received(GOODBYE)  # type: ignore[union-attr]
            await db.execute(text("SELECT 1"))

    assert await practice.rows("SELECT 1") == [(1,)]
