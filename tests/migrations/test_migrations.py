"""Migrations: up, down and up again, the same schema as the models declare, and a role that row security binds."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from asyncpg import PostgresError
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

from app.actor import STRANGER, SYSTEM
from app.platform import migrations
from app.platform.database import Database, make_engine
from app.platform.ids import new_id
from app.platform.settings import Settings
from tests.models.catalogue import declared_policies, stored_policies, wrongly_open_tables

# Everything that a migration could make and forget.
OBJECTS = """
    SELECT 'table ' || c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'type ' || typname FROM pg_type WHERE typnamespace = 'public'::regnamespace
    UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'policy ' || polname FROM pg_policy
    UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'extension ' || extname FROM pg_extension
"""
# Constraints but for triggers, indexes and columns as PostgreSQL words them; each index of a constraint is in it twice.
WORDING = """
    SELECT c.relname || ' ' || k.conname || ' ' || pg_get_constraintdef(k.oid) FROM pg_constraint k
      JOIN pg_class c ON c.oid = k.conrelid WHERE c.relnamespace = '{0}'::regnamespace AND k.contype <> 't'
    UNION ALL SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i
      JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = '{0}'::regnamespace
    UNION ALL SELECT c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' '
      || a.attnotnull || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '') FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
      WHERE c.relnamespace = '{0}'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
"""
VERSIONS = {"table alembic_version", "table alembic_version_pkc", "type alembic_version", "type _alembic_version"}


@pytest.fixture
async def fresh(settings: Settings) -> AsyncIterator[Settings]:
    """Settings of an empty database of this test's own."""
    name = f"rapport_migrated_{uuid4().hex[:12]}"
    moved = {
        key: make_url(url).set(database=name).render_as_string(hide_password=False)
        for key in ("database_url", "database_owner_url")
        if (url := getattr(settings, key))
    }
    await _outside(migrations.owner_url(settings), f"CREATE DATABASE {name}")
    yield settings.model_copy(update=moved)
    await _outside(migrations.owner_url(settings), f"DROP DATABASE {name} WITH (FORCE)")


async def _outside(url: str, *statements: str) -> None:
    """As whoever the URL names, outside of any transaction."""
    engine = make_engine(url, pool_size=1)
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        for statement in statements:
            await connection.execute(text(statement))
    await engine.dispose()


@asynccontextmanager
async def as_owner(settings: Settings) -> AsyncIterator[AsyncConnection]:
    """The owner's connection; what is done on it is rolled back."""
    engine = make_engine(migrations.owner_url(settings), pool_size=1)
    async with engine.connect() as connection:
        yield connection
        await connection.rollback()
    await engine.dispose()


async def objects(settings: Settings) -> set[str]:
    async with as_owner(settings) as connection:
        return set((await connection.execute(text(OBJECTS))).scalars())


async def wording(connection: AsyncConnection, schema: str) -> list[str]:
    lines = (await connection.execute(text(WORDING.format(schema)))).scalars()
    return sorted(line.replace(f"{schema}.", "") for line in lines)


def test_there_is_one_head_and_one_line_to_it() -> None:
    scripts = ScriptDirectory.from_config(migrations.configuration())

    assert scripts.get_heads() == [migrations.head()]
    assert [script.revision for script in scripts.walk_revisions() if script.is_branch_point] == []


async def test_up_down_and_up_again(fresh: Settings) -> None:
    before = await objects(fresh)
    await migrations.migrate(fresh)
    up = await objects(fresh)

    steps = len(list(ScriptDirectory.from_config(migrations.configuration()).walk_revisions()))
    await migrations.migrate(fresh, f"-{steps}")
    down = await objects(fresh)

    assert down - VERSIONS == before, "what is left behind"
    await migrations.migrate(fresh)
    assert await objects(fresh) == up


async def test_each_step_goes_down_and_up_again(fresh: Settings) -> None:
    """The same below the roles and grants: only what the migrations themselves make and take away."""
    before = await objects(fresh)

    async with as_owner(fresh) as connection:

        async def run(work: Callable[[Connection], None]) -> set[str]:
            await connection.run_sync(work)
            return set((await connection.execute(text(OBJECTS))).scalars())

        up = await run(lambda plain: command.upgrade(migrations.configuration(plain), "head"))
        down = await run(lambda plain: command.downgrade(migrations.configuration(plain), "base"))
        again = await run(lambda plain: command.upgrade(migrations.configuration(plain), "head"))

    assert down - VERSIONS == before, "what is left behind"
    assert again == up


async def test_what_is_migrated_is_what_the_models_declare(fresh: Settings) -> None:
    await migrations.migrate(fresh)

    async with as_owner(fresh) as connection:
        await connection.run_sync(lambda plain: command.check(migrations.configuration(plain)))
    async with as_owner(fresh) as connection:
        stored = await stored_policies(connection)
        assert await wrongly_open_tables(connection) == []
        assert await declared_policies(connection) == stored
    async with as_owner(fresh) as connection:
        await connection.execute(text("SELECT set_config('app.system', 'on', true)"))
        library = (await connection.execute(text("SELECT code FROM interventions WHERE is_active"))).scalars().all()
        assert len(set(library)) == 25, "the interventions that a practice begins with"


async def test_constraints_and_indexes_are_worded_as_in_the_models(fresh: Settings) -> None:
    """`alembic check` looks at neither checks nor exclusions, which are what the last lock is made of."""
    await migrations.migrate(fresh)

    async with as_owner(fresh) as connection:
        await connection.execute(text("CREATE SCHEMA declared"))
        await connection.execute(text("SET search_path TO declared, public"))
        await connection.run_sync(lambda plain: SQLModel.metadata.create_all(plain, checkfirst=False))
        declared = await wording(connection, "declared")
        migrated = await wording(connection, "public")

    assert [line for line in migrated if "alembic_version" not in line and "pgqueuer" not in line] == declared


async def test_migrating_twice_changes_nothing(fresh: Settings) -> None:
    await migrations.migrate(fresh)
    once = await objects(fresh)

    await migrations.migrate(fresh)

    assert await objects(fresh) == once


async def test_two_processes_at_once_migrate_one_after_the_other(fresh: Settings, root: Path) -> None:
    environment = os.environ | {
        "DATABASE_URL": fresh.database_url,
        "DATABASE_OWNER_URL": fresh.database_owner_url,
        "REDIS_URL": fresh.redis_url,
        "DATA_DIR": str(fresh.data_dir),
    }

    async def migrate() -> tuple[int | None, bytes]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "error", "-m", "app.cli", "migrate"),
            cwd=root,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        return process.returncode, said

    ended = await asyncio.gather(migrate(), migrate())

    assert [code for code, _ in ended] == [0, 0], ended
    async with as_owner(fresh) as connection:
        assert await migrations.revision_of(connection) == migrations.head()


@pytest.fixture
async def administrator(fresh: Settings) -> str:
    """The URL of a superuser: the owner, or the one that every new server has."""
    for name in (make_url(migrations.owner_url(fresh)).username, "postgres"):
        url = make_url(migrations.owner_url(fresh)).set(username=name).render_as_string(hide_password=False)
        engine = make_engine(url, pool_size=1)
        try:
            async with engine.connect() as connection:
                if (await connection.execute(text("SHOW is_superuser"))).scalar_one() == "on":
                    return url
        except (OSError, DBAPIError, PostgresError):
            pass
        finally:
            await engine.dispose()
    pytest.skip("this server's superuser is out of reach")


@asynccontextmanager
async def role(administrator: str, attributes: str) -> AsyncIterator[str]:
    """A role of this test's own, with nothing left of it in the test's database afterwards."""
    name = f"rapport_test_{uuid4().hex[:8]}"
    await _outside(administrator, f"CREATE ROLE {name} LOGIN {attributes}")
    try:
        yield name
    finally:
        await _outside(administrator, f"DROP OWNED BY {name} CASCADE", f"DROP ROLE {name}")


def logging_in_as(url: str, name: str) -> str:
    return make_url(url).set(username=name).render_as_string(hide_password=False)


async def test_a_role_that_steps_around_row_security_is_refused(fresh: Settings, administrator: str) -> None:
    """By the name of the variable that it came from, and before anything is made."""
    before = await objects(fresh)

    for attributes in ("BYPASSRLS", "SUPERUSER"):
        async with role(administrator, attributes) as unsafe:
            settings = fresh.model_copy(update={"database_url": logging_in_as(fresh.database_url, unsafe)})
            with pytest.raises(migrations.UnsafeRole, match=rf"^DATABASE_URL: .*{unsafe}"):
                await migrations.migrate(settings)

    assert await objects(fresh) == before


async def test_the_owner_is_refused_as_the_applications_role(fresh: Settings) -> None:
    """Who owns a table can switch its row security off, and needs the rights that the application must not have."""
    owner = migrations.owner_url(fresh)

    with pytest.raises(migrations.UnsafeRole, match=r"^DATABASE_URL: "):
        await migrations.migrate(fresh.model_copy(update={"database_url": owner, "database_owner_url": owner}))


async def _row_security_binds(settings: Settings) -> None:
    engine = make_engine(settings.database_url, pool_size=1, assume_role=migrations.assumed_role(settings))
    database = Database(engine)
    user = new_id()
    added = text(
        "INSERT INTO users (id, email, role, time_zone, is_active, is_email_verified)"
        " VALUES (:id, 'a@example.com', 'MEMBER', 'UTC', true, true)"
    )
    async with database.transaction(SYSTEM.settings()) as db:
        assert (await db.execute(text("SELECT current_user"))).scalar_one() == migrations.DEFAULT_ROLE
        await db.execute(added, {"id": user})
    async with database.transaction(STRANGER.settings()) as db:
        assert (await db.execute(text("SELECT id FROM users"))).all() == []
        assert (await db.execute(text("DELETE FROM users"))).rowcount == 0
    async with database.transaction(SYSTEM.settings()) as db:
        assert (await db.execute(text("SELECT id FROM users"))).all() == [(user,)]
    await engine.dispose()


async def test_with_one_url_the_application_drops_the_rights_of_a_superuser(
    fresh: Settings, administrator: str
) -> None:
    alone = fresh.model_copy(update={"database_url": administrator, "database_owner_url": ""})
    assert migrations.assumed_role(alone) == migrations.DEFAULT_ROLE

    await migrations.migrate(alone)
    await migrations.migrate(alone)

    await _row_security_binds(alone)


async def test_with_one_url_a_plain_owner_needs_no_more_than_to_be_let_into_the_role(
    fresh: Settings, administrator: str
) -> None:
    """An administrator makes the role and lets the owner in; the owner may neither make roles nor grant them."""
    async with role(administrator, "NOCREATEROLE") as owner:
        let_in = f"GRANT {migrations.DEFAULT_ROLE} TO {owner}"
        await _outside(administrator, f"ALTER SCHEMA public OWNER TO {owner}", let_in)
        as_owner = {"database_url": logging_in_as(administrator, owner), "database_owner_url": ""}
        alone = fresh.model_copy(update=as_owner)

        await migrations.migrate(alone)

        await _row_security_binds(alone)
