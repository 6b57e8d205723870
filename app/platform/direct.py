"""PostgreSQL by its driver alone, for the paths where a database session would cost more than the statements."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg
import structlog

from app.platform.database import DatabaseAway, confirm_role

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]

log = structlog.get_logger(__name__)

CONNECTIONS = 10
"""At most, besides those of `Database`: a process answers no faster with more."""

# An answer that waits longer for another's lock, or for the network, says "try again".
LOCK_SECONDS, ANSWER_SECONDS = 10, 30

GONE = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.InternalClientError,  # between the server's farewell and its hanging up
)
"""What says that a connection has ended, or that its server is about to."""


class DirectDatabase:
    """A few connections of the application's role. Whoever borrows one sets what the policies read, LOCAL."""

    def __init__(self, url: str, options: dict[str, Any], connections: int = CONNECTIONS, role: str = "") -> None:
        """Of a `role` that is named, connections that work as another raise `UnsafeRole`."""
        self._url = url.replace("+asyncpg", "", 1)
        self._options, self._most = options, connections
        self._confirm = partial(confirm_role, role) if role else None
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def open(self) -> None:
        """Connects to nothing yet: a server starts without its database too."""
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=self._most,
            command_timeout=ANSWER_SECONDS,
            reset=keep,
            **{"init": self._confirm, **self._options},
        )

    async def close(self) -> None:
        if self._pool is not None:
            self._pool.terminate()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator["Connection"]:
        """One to send single statements by, each a transaction of its own.

        Raises `DatabaseAway`, also when the connection is lost meanwhile: what was sent last may have been done.
        """
        assert self._pool is not None
        try:
            lent = await self._pool.acquire(timeout=LOCK_SECONDS)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as failure:
            log.warning("no connection to the database", cause=str(failure))
            raise DatabaseAway from failure
        try:
            yield lent
        except GONE as failure:
            if isinstance(failure, asyncpg.DataError):  # the driver calls a wrong argument an error of its interface
                raise
            log.warning("a connection to the database was lost", cause=str(failure))
            raise DatabaseAway from failure
        finally:
            await self._pool.release(lent)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["Connection"]:
        """Commits unless the block raises."""
        async with self.connection() as lent:
            await lent.execute("BEGIN")
            try:
                yield lent
            except BaseException:
                if not lent.is_closed():
                    await lent.execute("ROLLBACK")
                raise
            await lent.execute("COMMIT")


async def keep(connection: "Connection") -> None:
    """Settings are LOCAL and nothing else is left behind, so the driver's own reset would be a trip for nothing."""
