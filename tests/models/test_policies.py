"""Every table is guarded as its model declares, and the application's role cannot step around it."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.actor import SYSTEM
from app.platform import migrations
from app.platform.database import Database, make_engine
from app.platform.settings import Settings
from tests.models.catalogue import (
    JOB_TABLES,
    UNGUARDED,
    declared_policies,
    guarded_tables,
    stored_policies,
    wrongly_open_tables,
)


@pytest.fixture
async def owner(settings: Settings) -> AsyncIterator[AsyncConnection]:
    """The owner in a transaction that is rolled back."""
    engine = make_engine(migrations.owner_url(settings), pool_size=1)
    async with engine.connect() as connection:
        yield connection
        await connection.rollback()
    await engine.dispose()


@pytest.fixture
async def engine(settings: Settings) -> AsyncIterator[AsyncEngine]:
    """The application's own engine."""
    role = migrations.assumed_role(settings)
    engine = make_engine(settings.database_url, pool_size=1, assume_role=role)
    yield engine
    await engine.dispose()


async def test_every_table_but_the_listed_ones_is_guarded(owner: AsyncConnection) -> None:
    tables = set((await owner.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))).scalars())

    assert await wrongly_open_tables(owner) == [], "row security forced and a policy for each command, or the list"
    assert tables == {*guarded_tables(), *JOB_TABLES, *UNGUARDED}


async def test_the_policies_are_those_that_the_models_declare(owner: AsyncConnection) -> None:
    stored = await stored_policies(owner)

    assert len(stored) == 4 * len(guarded_tables())
    assert {(permissive, *roles) for _, _, _, permissive, roles, _, _ in stored} == {("PERMISSIVE", "public")}
    assert await declared_policies(owner) == stored


@pytest.mark.parametrize(
    "statements",
    [
        [],
        ["ALTER TABLE later ENABLE ROW LEVEL SECURITY"],
        ["ALTER TABLE later ENABLE ROW LEVEL SECURITY", "ALTER TABLE later FORCE ROW LEVEL SECURITY"],
        [
            "ALTER TABLE later ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE later FORCE ROW LEVEL SECURITY",
            *(
                f"CREATE POLICY later_{command.lower()} ON later FOR {command} {condition} (false)"
                for command, condition in (("SELECT", "USING"), ("INSERT", "WITH CHECK"), ("UPDATE", "USING"))
            ),
        ],
    ],
    ids=["nothing", "not forced", "no policies", "no policy for DELETE"],
)
async def test_a_later_table_that_is_not_guarded_is_found(owner: AsyncConnection, statements: list[str]) -> None:
    await owner.execute(text("CREATE TABLE later (id int)"))
    for statement in statements:
        await owner.execute(text(statement))

    assert await wrongly_open_tables(owner) == ["later"]


async def test_a_later_table_that_is_guarded_passes(owner: AsyncConnection) -> None:
    for statement in (
        "CREATE TABLE later (id int)",
        "ALTER TABLE later ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE later FORCE ROW LEVEL SECURITY",
        "CREATE POLICY later_select ON later FOR SELECT USING (false)",
        "CREATE POLICY later_insert ON later FOR INSERT WITH CHECK (false)",
        "CREATE POLICY later_update ON later FOR UPDATE USING (false)",
        "CREATE POLICY later_delete ON later FOR DELETE USING (false)",
    ):
        await owner.execute(text(statement))

    assert await wrongly_open_tables(owner) == []


async def test_the_applications_role_has_no_power_over_the_schema(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        powers = await connection.execute(
            text(
                "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles"
                " WHERE rolname = current_user"
            )
        )
        owned = await connection.execute(
            text(
                "SELECT relname FROM pg_class WHERE pg_has_role(current_user, relowner, 'MEMBER')"
                " AND relnamespace = 'public'::regnamespace"
            )
        )
        created = await connection.execute(text("SELECT has_schema_privilege(current_user, 'public', 'CREATE')"))

        assert powers.one() == (False, False, False, False, False)
        assert owned.all() == [], "what the role owns, or could own by taking up another role"
        assert created.scalar_one() is False


async def test_the_applications_role_has_just_these_rights_on_tables(engine: AsyncEngine) -> None:
    """TRUNCATE is not held by row security, and a foreign key of one's own tells which rows there are."""
    async with engine.connect() as connection:
        rights = await connection.execute(
            text(
                "SELECT tablename, array_agg(word ORDER BY word) FROM pg_tables, unnest(ARRAY['SELECT', 'INSERT',"
                " 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS word WHERE schemaname = 'public'"
                " AND has_table_privilege(current_user, schemaname || '.' || tablename, word) GROUP BY tablename"
            )
        )
        found = {table: tuple(words) for table, words in rights.all()}

    assert found == {
        **dict.fromkeys([*guarded_tables(), *JOB_TABLES], ("DELETE", "INSERT", "SELECT", "UPDATE")),
        **dict.fromkeys(UNGUARDED, ("SELECT",)),
    }


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE OR REPLACE FUNCTION open_calendar(a uuid, b boolean, c boolean) RETURNS bigint"
        " LANGUAGE sql AS 'SELECT 1::bigint'",
        "ALTER TABLE users DISABLE ROW LEVEL SECURITY",
        "DROP POLICY users_select ON users",
        "TRUNCATE session_changes",
        "INSERT INTO permissions VALUES ('everything', 'All of it')",
        "UPDATE permissions SET description = 'Nothing'",
        "DELETE FROM permissions",
        "INSERT INTO role_permissions VALUES ('MEMBER', 'members:read')",
        "UPDATE role_permissions SET role = 'MEMBER'",
        "DELETE FROM role_permissions",
        "UPDATE alembic_version SET version_num = '0000'",
    ],
)
async def test_even_as_the_system_the_role_may_not(engine: AsyncEngine, statement: str) -> None:
    with pytest.raises(DBAPIError) as refused:
        async with Database(engine).transaction(SYSTEM.settings()) as db:
            await db.execute(text(statement))

    assert refused.value.orig.sqlstate == "42501"  # insufficient privilege
