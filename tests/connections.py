"""Connections that stay open from test to test: opening them anew would take a third of the suite's time."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform import migrations
from app.platform.database import Database, make_engine
from app.platform.direct import DirectDatabase
from app.platform.settings import Settings
from app.server import Connections

engine = cache(make_engine)

_direct: dict[str, DirectDatabase] = {}


class _KeptDatabase(Database):
    async def close(self) -> None:
        """Another test uses it next."""


class _KeptDirect(DirectDatabase):
    async def open(self) -> None:
        if self._pool is None:
            await super().open()

    async def close(self) -> None:
        """Another test uses it next."""


class KeptConnections(Connections):
    """For all tests of one worker: they run in one event loop, one after the other, in one database."""

    def database(self, settings: Settings, carried: Mapping[str, Any]) -> Database:
        assumed = migrations.assumed_role(settings)
        kept = engine(settings.database_url, pool_size=settings.database_pool_size, assume_role=assumed)
        return _KeptDatabase(kept, carried)

    def direct(self, settings: Settings) -> DirectDatabase:
        found = _direct.get(settings.database_url)
        if found is None:
            made = super().direct(settings)
            found = _direct[settings.database_url] = _KeptDirect(
                settings.database_url, made._options, role=migrations.application_role(settings)
            )
        return found


def owner_engine(settings: Settings) -> AsyncEngine:
    return engine(migrations.owner_url(settings), pool_size=2)


async def close_all() -> None:
    for direct in _direct.values():
        await DirectDatabase.close(direct)
    _direct.clear()
