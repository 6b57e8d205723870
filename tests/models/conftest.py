"""Racers with a connection each, and the lock that is taken out."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import text

from app.platform import migrations
from app.platform.database import connection_options
from app.platform.direct import DirectDatabase
from app.platform.settings import Settings
from tests.models.racing import RACERS
from tests.practice import MovableClock, Person, Practice

UNLOCKED = """
    CREATE OR REPLACE FUNCTION take_calendars(wanted uuid[], waiting boolean) RETURNS uuid[] LANGUAGE sql
    AS $$ SELECT wanted FROM set_config('lock_timeout', '2s', true) $$
"""


@pytest.fixture(scope="module")
async def crowd(settings: Settings) -> AsyncIterator[tuple[Practice, list[Person]]]:
    """A practice with a connection for each of its members; a test takes a coach of its own and days of its own."""
    async with Practice.opened(settings, MovableClock()) as practice:
        await practice.application.direct.close()
        options = connection_options(assume_role=migrations.assumed_role(settings))
        wide = DirectDatabase(settings.database_url, options, RACERS)
        await wide.open()
        async with AsyncExitStack() as all_of_them:  # there already when all ask at once, however slow the machine is
            for _ in range(RACERS):
                await all_of_them.enter_async_context(wide.connection())
        practice.application.direct = wide
        yield practice, await practice.members(RACERS)


@pytest.fixture
async def without_the_lock(crowd: tuple[Practice, list[Person]]) -> AsyncIterator[None]:
    """PostgreSQL's function takes nobody's turn, and says that it had them all."""
    practice, _ = crowd
    async with practice.owner.begin() as owner:
        stored = await owner.scalar(text("SELECT pg_get_functiondef('take_calendars'::regproc)"))
        await owner.execute(text(UNLOCKED))
    yield
    async with practice.owner.begin() as owner:
        await owner.execute(text(stored.replace(":", "\\:")))
