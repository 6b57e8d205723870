"""Row-level security written beside the table that it guards: one policy per command, forced on the owner too."""

from collections.abc import Iterable

from sqlalchemy import Table

COMMANDS = ("SELECT", "INSERT", "UPDATE", "DELETE")

# A policy compares a column with a setting of the transaction: a sub-select or a function per row is 300 times slower.
SYSTEM = "current_setting('app.system', true) = 'on'"
ADMIN = "current_setting('app.role', true) = 'ADMIN'"
LOGGED_IN = "nullif(current_setting('app.user_id', true), '') IS NOT NULL"


def is_mine(column: str, setting: str) -> str:
    """True for rows whose column holds the id in `app.<setting>`; a missing setting means no rows."""
    return f"{column} = nullif(current_setting('app.{setting}', true), '')::uuid"


def both(one: str, other: str) -> str:
    return f"{one} AND {other}"


def guard(
    model: type,
    *,
    select: Iterable[str] = (),
    insert: Iterable[str] = (),
    update: Iterable[str] = (),
    delete: Iterable[str] = (),
) -> None:
    """Declares who may do what with the rows of a table; admins and the system may do everything."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    granted = dict(zip(COMMANDS, (select, insert, update, delete), strict=True))
    table.info["policies"] = {
        command: " OR ".join(f"({condition})" for condition in (*conditions, ADMIN, SYSTEM))
        for command, conditions in granted.items()
    }


def policy_statements(table: Table) -> list[str]:
    """The SQL that a migration runs for a guarded table."""
    name = table.name
    statements = [f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY", f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY"]
    for command, condition in table.info["policies"].items():
        using = "" if command == "INSERT" else f" USING ({condition})"
        check = f" WITH CHECK ({condition})" if command in {"INSERT", "UPDATE"} else ""
        statements.append(f"CREATE POLICY {name}_{command.lower()} ON {name} FOR {command}{using}{check}")
    return statements
