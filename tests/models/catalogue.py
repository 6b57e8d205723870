"""What PostgreSQL's catalogue says of tables, policies and rights, beside what the models declare."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

import app.models  # noqa: F401  registers every table
from app.platform.jobs import TABLES as JOB_TABLES
from app.platform.row_security import policy_statements

# Tables that everybody may read and that only the owner writes.
UNGUARDED = {
    "alembic_version": "says which migration the database is at",
    "permissions": "the list of permissions, the same for everybody",
    "role_permissions": "what each role may do, the same for everybody",
}

Policy = tuple[str, str, str, str, list[str], str | None, str | None]

_POLICIES = text(
    "SELECT tablename, policyname, cmd, permissive, roles, qual, with_check FROM pg_policies WHERE schemaname = :schema"
)
_TABLES = text(
    "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity FROM pg_class c"
    " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')"
)
_NAMED = text("SELECT tablename, policyname, cmd FROM pg_policies WHERE schemaname = 'public'")
_TEMPORARY = text("SELECT nspname FROM pg_namespace WHERE oid = pg_my_temp_schema()")


def guarded_tables() -> list[str]:
    return [name for name, table in SQLModel.metadata.tables.items() if "policies" in table.info]


async def stored_policies(connection: AsyncConnection, schema: str = "public") -> list[Policy]:
    """But for those of the job library's tables."""
    rows = (await connection.execute(_POLICIES, {"schema": schema})).all()
    return sorted((*row[:4], list(row[4]), *row[5:]) for row in rows if row[0] not in JOB_TABLES)


async def declared_policies(connection: AsyncConnection) -> list[Policy]:
    """What the models declare, in PostgreSQL's own words: made on empty twins of the tables, as their owner.

    The twins hide the tables for the rest of the transaction, which is to be rolled back.
    """
    for name in guarded_tables():
        await connection.execute(text(f"CREATE TEMPORARY TABLE {name} (LIKE public.{name})"))
        for statement in policy_statements(SQLModel.metadata.tables[name]):
            await connection.execute(text(statement))
    schema = (await connection.execute(_TEMPORARY)).scalar_one()
    return await stored_policies(connection, schema)


async def wrongly_open_tables(connection: AsyncConnection) -> list[str]:
    """Tables that are not on the list and yet do not have row security forced and a policy for each command."""
    policies = {tuple(row) for row in (await connection.execute(_NAMED)).all()}
    open_tables = []
    for table, is_forced in (await connection.execute(_TABLES)).all():
        commands = ("SELECT", "INSERT", "UPDATE", "DELETE")
        wanted = {(table, f"{table}_{command.lower()}", command) for command in commands}
        if table not in UNGUARDED and not (is_forced and wanted == {each for each in policies if each[0] == table}):
            open_tables.append(table)
    return sorted(open_tables)
