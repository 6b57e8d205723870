"""The database engine, and the transaction that every operation runs in."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache, partial
from typing import TYPE_CHECKING, Any, ClassVar

import orjson
import structlog
from asyncpg import InternalClientError
from sqlalchemy import TextClause, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.ext.asyncio import AsyncSession as PlainAsyncSession
from sqlmodel.ext.asyncio.session import AsyncSession

if TYPE_CHECKING:
    from app.platform.direct import Connection

log = structlog.get_logger(__name__)

# Serialisation failure, deadlock, unique and exclusion violation: the second look finds what the other one wrote.
RACES = frozenset({"40001", "40P01", "23505", "23P01"})


class UnsafeRole(RuntimeError):
    """The application's role could step around row-level security."""


def connection_options(*, assume_role: str = "", pooled: bool = False) -> dict[str, Any]:
    """asyncpg's arguments for a connection of the application's, whoever opens it.

    `assume_role` drops from the login's rights to a role for the connection's whole life. `pooled` is for a pooler in
    transaction mode: each transaction may meet another connection of PostgreSQL, so nothing is kept on one between two,
    and it refuses settings that it does not know. Raises `ValueError` for both: the role would not be assumed.
    """
    if assume_role and pooled:
        raise ValueError("behind a pooler the application logs in as its own role; none can be assumed")
    server_settings = {"application_name": "rapport"}
    if not pooled:
        server_settings["jit"] = "off"
    if assume_role:
        server_settings["role"] = assume_role
    options: dict[str, Any] = {"server_settings": server_settings, "timeout": 10}
    return options | {"statement_cache_size": 0} if pooled else options


def make_engine(url: str, *, pool_size: int = 10, assume_role: str = "", pooled: bool = False) -> AsyncEngine:
    """An engine on asyncpg, with connections of `connection_options`; one of a wrong role raises `UnsafeRole`."""
    address = make_url(url)
    arguments = connection_options(assume_role=assume_role, pooled=pooled)
    if pooled:
        # A statement without a name leaves none behind on a connection that is somebody else's next.
        arguments |= {"prepared_statement_cache_size": 0, "prepared_statement_name_func": lambda: ""}
    engine = create_async_engine(
        address,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        pool_pre_ping=True,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        connect_args=arguments,
        hide_parameters=True,  # an error that is logged does not tell what somebody wrote
    )
    role = address.username if pooled else assume_role
    if role:
        # A pooler may be told to log in as somebody else, or not to pass on the role that is to be assumed.
        event.listen(
            engine.sync_engine,
            "connect",
            lambda connection, record: connection.run_async(partial(confirm_role, role)),
        )
    return engine


async def confirm_role(role: str, connection: "Connection") -> None:
    """Raises `UnsafeRole` unless the connection works as this role."""
    works_as = await connection.fetchval("SELECT current_user")
    if works_as != role:
        raise UnsafeRole(
            f"DATABASE_URL: its connections work as the role {works_as}, not as {role}; a pooler must log in as {role}"
            " itself, with DATABASE_OWNER_URL and DATABASE_POOLER set"
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
    """Hands out transactions that know who is asking, and carry along what services and loaders need of the process."""

    def __init__(self, engine: AsyncEngine, carried: Mapping[str, Any] | None = None) -> None:
        self.engine = engine
        self._carried = dict(carried or {})

    @asynccontextmanager
    async def transaction(self, settings: Mapping[str, str], *, read_only: bool = False) -> AsyncIterator[AsyncSession]:
        """One transaction, begun with the settings that row-level security reads; commits unless the block raises.

        Raises `DatabaseAway` when no connection is to be had within the pool's time, or it is lost meanwhile: what was
        to be committed then may have been.
        """
        try:
            async with self._begun(settings, read_only) as db:
                yield db
        except DBAPIError as failure:
            if not (failure.connection_invalidated or _has_said_goodbye(failure)):
                raise
            log.warning("a connection to the database was lost", cause=str(failure.orig))
            raise DatabaseAway from failure

    @asynccontextmanager
    async def _begun(self, settings: Mapping[str, str], read_only: bool) -> AsyncIterator[AsyncSession]:
        info = dict(self._carried)
        async with _Session(self.engine, expire_on_commit=False, autoflush=False, info=info) as db, db.begin():
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


def _has_said_goodbye(failure: DBAPIError) -> bool:
    """The server has, and not hung up yet: the driver calls that an error of its own."""
    return isinstance(getattr(failure.orig, "__cause__", None), InternalClientError)


def lost_a_race(failure: DBAPIError) -> bool:
    """True when the same work, done again, may succeed or be refused for a reason that can be named."""
    return getattr(failure.orig, "sqlstate", None) in RACES


def violated_constraint(failure: IntegrityError) -> str | None:
    """The name of the constraint that refused a write."""
    cause = getattr(failure.orig, "__cause__", None)
    return getattr(cause, "constraint_name", None)
