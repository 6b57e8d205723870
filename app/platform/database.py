"""The database engine, and the transaction that every operation runs in."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, ClassVar

import orjson
import structlog
from sqlalchemy import TextClause, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.ext.asyncio import AsyncSession as PlainAsyncSession
from sqlmodel.ext.asyncio.session import AsyncSession

log = structlog.get_logger(__name__)

# Serialisation failure, deadlock, unique and exclusion violation: the second look finds what the other one wrote.
RACES = frozenset({"40001", "40P01", "23505", "23P01"})


def make_engine(url: str, *, pool_size: int = 10, assume_role: str = "") -> AsyncEngine:
    """An engine on asyncpg; `assume_role` drops from the login's rights to a role for the connection's whole life."""
    server_settings = {"application_name": "rapport", "jit": "off"}
    if assume_role:
        server_settings["role"] = assume_role
    return create_async_engine(
        make_url(url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        pool_pre_ping=True,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        connect_args={"server_settings": server_settings, "timeout": 10},
    )


class DatabaseAway(RuntimeError):
    """No connection to be had: nothing was read or written."""

    extensions: ClassVar = {"code": "UNAVAILABLE", "status": 503}

    def __init__(self) -> None:
        super().__init__("The server cannot reach its database at this moment; try again")


@cache
def _set_config(names: tuple[str, ...]) -> TextClause:
    calls = ", ".join(f"set_config('{name}', :s{index}, true)" for index, name in enumerate(names))
    return text(f"SELECT {calls}")


class _Session(AsyncSession):
    """SQLModel's session, without its advice against `execute`: hand-written SQL and libraries have no other way."""

    async def execute(self, *args: Any, **kwargs: Any) -> Any:
        return await PlainAsyncSession.execute(self, *args, **kwargs)


class Database:
    """Hands out transactions that know who is asking."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine

    @asynccontextmanager
    async def transaction(self, settings: Mapping[str, str], *, read_only: bool = False) -> AsyncIterator[AsyncSession]:
        """One transaction, begun with the settings that row-level security reads; commits unless the block raises.

        Raises `DatabaseAway` when no connection is to be had within the pool's time.
        """
        async with _Session(self.engine, expire_on_commit=False, autoflush=False) as db, db.begin():
            try:
                if read_only:
                    await db.connection(execution_options={"postgresql_readonly": True})
                names = tuple(settings)
                await db.execute(_set_config(names), {f"s{index}": settings[name] for index, name in enumerate(names)})
            except (SQLAlchemyError, OSError) as failure:
                log.warning("no connection to the database", cause=str(failure))
                raise DatabaseAway from failure
            yield db

    async def close(self) -> None:
        await self.engine.dispose()


def lost_a_race(failure: DBAPIError) -> bool:
    """True when the same work, done again, may succeed or be refused for a reason that can be named."""
    return getattr(failure.orig, "sqlstate", None) in RACES


def violated_constraint(failure: IntegrityError) -> str | None:
    """The name of the constraint that refused a write."""
    cause = getattr(failure.orig, "__cause__", None)
    return getattr(cause, "constraint_name", None)
