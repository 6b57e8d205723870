"""How a process and its database are: for whoever sends it requests, for Prometheus, and for the operator's page."""

import asyncio
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.actor import SYSTEM
from app.context import House
from app.platform import migrations
from app.platform.bus import Bus
from app.platform.metrics import Figure, RequestCounts
from app.services import operations
from app.worker import Worker

log = structlog.get_logger(__name__)

DEPTHS_SECONDS: Final = 1.0
FIGURES_SECONDS: Final = 3.0


class Health:
    """`shows_depths`: whoever asks whether the process is ready is told how much waits."""

    def __init__(
        self, house: House, bus: Bus, worker: Worker, requests: RequestCounts, *, shows_depths: bool = True
    ) -> None:
        self._house, self._bus, self._worker, self._requests = house, bus, worker, requests
        self._shows_depths = shows_depths

    async def readiness(self) -> tuple[bool, dict[str, str | int]]:
        """Ready without Redis too: views are then late, not wrong, and the body says so. So it does of jobs."""
        database, schema_state, depths = await self._ask_database()
        redis = "ok" if self._bus.is_connected else "away"
        ready = database == "ok" and schema_state == "ok"
        status = "unready" if not ready else "ready" if redis == "ok" else "degraded"
        body: dict[str, str | int] = {
            "status": status,
            "database": database,
            "redis": redis,
            "migrations": schema_state,
        }
        if self._shows_depths and (away := self._bus.nodes_away):
            body["redis_nodes_away"] = ", ".join(away)
        return ready, body | depths

    async def figures(self) -> list[Figure]:
        """Of the database, and of this process."""
        found: list[Figure] = []
        try:
            async with (
                asyncio.timeout(FIGURES_SECONDS),
                self._house.database.transaction(SYSTEM.settings(), read_only=True) as db,
            ):
                found += await operations.figures(db, now=self._house.clock())
        except Exception as failure:
            log.warning("no figures of the database", cause=repr(failure))
        found.insert(0, Figure("database_up", "Whether the database answers with its figures.", bool(found)))
        found.append(Figure("bus_up", "Whether hints travel between processes.", self._bus.is_connected))
        found.append(Figure("bus_nodes_away", "Nodes of Redis that do not answer.", len(self._bus.nodes_away)))
        return found + self._worker.figures() + self._requests.figures()

    async def _ask_database(self) -> tuple[str, str, dict[str, int]]:
        """How it is, its revision, and how much waits to be done; that is left out where it takes too long."""
        depths: dict[str, int] = {}
        try:
            async with self._house.database.engine.connect() as connection:
                at = await migrations.revision_of(connection)
                if self._shows_depths:
                    depths = await _depths(connection)
        except Exception:  # whatever it is, the answer is the same
            return "away", "unknown", {}
        return "ok", "ok" if at == migrations.head() else f"at {at}, not at {migrations.head()}", depths


async def _depths(connection: AsyncConnection) -> dict[str, int]:
    try:
        async with asyncio.timeout(DEPTHS_SECONDS):
            return await operations.depths(connection)
    except (TimeoutError, SQLAlchemyError) as failure:
        log.warning("what waits could not be counted", cause=repr(failure))
        return {}
