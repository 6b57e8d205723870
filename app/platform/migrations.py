"""Brings a database to the newest schema as its owner, and gives the application's role just what it needs."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.platform.database import UnsafeRole as UnsafeRole
from app.platform.database import make_engine
from app.platform.settings import Settings, read_settings

DEFAULT_ROLE = "rapport_app"
_LOCK = 7_270_677  # any number of our own: two processes that start at once migrate one after the other

_BESIDE_THE_PACKAGE = Path(__file__).resolve().parents[2] / "migrations"
_INSIDE_THE_PACKAGE = Path(__file__).resolve().parents[1] / "_migrations"


def configuration(connection: Connection | None = None) -> Config:
    found = _BESIDE_THE_PACKAGE if _BESIDE_THE_PACKAGE.exists() else _INSIDE_THE_PACKAGE
    config = Config()
    config.set_main_option("script_location", str(found).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def head() -> str | None:
    return ScriptDirectory.from_config(configuration()).get_current_head()


async def revision_of(connection: AsyncConnection) -> str | None:
    return await connection.run_sync(lambda plain: MigrationContext.configure(plain).get_current_revision())


def owner_url(settings: Settings) -> str:
    return settings.database_owner_url or settings.database_url


def application_role(settings: Settings) -> str:
    """The role that the application works as: that of its own URL, or one that the owner's login drops to."""
    if settings.database_owner_url and settings.database_url:
        return make_url(settings.database_url).username or DEFAULT_ROLE
    return DEFAULT_ROLE


def assumed_role(settings: Settings) -> str:
    """Not empty when the application logs in as the owner, and so has to drop its rights."""
    return "" if settings.database_owner_url else DEFAULT_ROLE


async def migrate(settings: Settings, revision: str = "head") -> None:
    """Creates the application's role if it is missing, runs the migrations, and grants."""
    engine = make_engine(owner_url(settings), pool_size=1)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            await _ensure_role(connection, settings)
            await connection.run_sync(lambda plain: _upgrade(plain, revision))
            if await revision_of(connection) == head():
                await _refuse_owner(connection, application_role(settings))
                await _grant(connection, application_role(settings))
    finally:
        await engine.dispose()


async def confirm_application_role(settings: Settings) -> None:
    """Connects as the server will, so that `UnsafeRole` is raised before anything is served."""
    engine = make_engine(
        settings.database_url, pool_size=1, assume_role=assumed_role(settings), pooled=settings.is_pooled
    )
    try:
        async with engine.connect():
            pass
    finally:
        await engine.dispose()


def run_as_owner(work: Callable[[Connection], None]) -> None:
    """For alembic's own command line: runs it on the owner's connection of the settings."""

    async def run() -> None:
        engine = make_engine(owner_url(read_settings()), pool_size=1)
        async with engine.begin() as connection:
            await connection.run_sync(work)
        await engine.dispose()

    asyncio.run(run())


def _upgrade(connection: Connection, revision: str) -> None:
    config = configuration(connection)
    if revision == "head" or not revision.startswith("-"):
        command.upgrade(config, revision)
    else:
        command.downgrade(config, revision)


async def _ensure_role(connection: AsyncConnection, settings: Settings) -> None:
    role = application_role(settings)
    found = (
        await connection.execute(
            text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = :role"), {"role": role}
        )
    ).scalar_one_or_none()
    if found:
        raise UnsafeRole(f"DATABASE_URL: the role {role} bypasses row-level security; name one that does not")
    if found is None:
        await _create_role(connection, role, settings)
    if assumed_role(settings):
        is_member = text("SELECT pg_has_role(current_user, :role, 'MEMBER')")
        if not (await connection.execute(is_member, {"role": role})).scalar_one():
            await connection.execute(text(f"GRANT {_quoted(role)} TO CURRENT_USER"))


async def _refuse_owner(connection: AsyncConnection, role: str) -> None:
    owned = text(
        "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND pg_has_role(:role, tableowner, 'MEMBER')"
    )
    if (await connection.execute(owned, {"role": role})).scalar_one():
        raise UnsafeRole(
            f"DATABASE_URL: the role {role} owns the tables or may become their owner, so it could drop their"
            " policies; name another one, or leave DATABASE_OWNER_URL out"
        )


async def _create_role(connection: AsyncConnection, role: str, settings: Settings) -> None:
    if assumed_role(settings):
        may_log_in, password = "NOLOGIN", None
    else:
        may_log_in, password = "LOGIN", make_url(settings.database_url).password
    secret = " PASSWORD '{}'".format(password.replace("'", "''")) if password else ""
    await connection.execute(text(f"CREATE ROLE {_quoted(role)} {may_log_in} NOSUPERUSER NOBYPASSRLS{secret}"))


async def _grant(connection: AsyncConnection, role: str) -> None:
    name = _quoted(role)
    for statement in (
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"REVOKE CREATE ON SCHEMA public FROM {name}, PUBLIC",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version, permissions, role_permissions FROM {name}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {name}",
    ):
        await connection.execute(text(statement))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
