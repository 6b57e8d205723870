"""What a piece of work reads from the database: rows by index and table, and the plans of its statements."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import event

from app.actor import Actor
from app.context import Context
from app.platform import migrations
from app.platform.settings import Settings
from app.server import Application
from benchmarks.common import plain_connection
from benchmarks.practice import as_owner

_COUNTED = """
    SELECT indexrelname::text AS name, idx_scan AS scans, idx_tup_read AS rows FROM pg_stat_user_indexes
    UNION ALL SELECT 'all of ' || relname, seq_scan, seq_tup_read FROM pg_stat_user_tables
"""
Sent = tuple[str, Sequence[Any]]  # a statement and its arguments

_NODES = {"Index Scan": "", "Index Only Scan": "", "Bitmap Index Scan": "", "Seq Scan": "all of "}


@dataclass
class Reading:
    """Of one request: rows read by each index, or by `all of` a table; and each statement's plan, shortened."""

    rows: Mapping[str, float]
    plans: list[str] = field(default_factory=list)

    @property
    def total(self) -> float:
        return sum(self.rows.values())


async def what_is_read(settings: Settings, actor: Actor, work: list[Callable[[Context], Awaitable[object]]]) -> Reading:
    """Runs the work in this process; a connection's counts are there for all to see once it is closed."""
    async with as_owner(settings) as owner:
        before = {row["name"]: row["rows"] for row in await owner.fetch(_COUNTED)}
        sent = await _run(settings, actor, work)
        counted = await owner.fetch(_COUNTED)
    read = {row["name"]: (row["rows"] - before.get(row["name"], 0)) / len(work) for row in counted}
    rows = {name: count for name, count in sorted(read.items(), key=lambda item: -item[1]) if count > 0}
    return Reading(rows, await _plans(settings, actor, sent))


async def _run(settings: Settings, actor: Actor, work: list[Callable[[Context], Awaitable[object]]]) -> list[Sent]:
    sent: list[Sent] = []

    async def listen(connection: Any) -> None:
        connection.add_query_logger(lambda logged: sent.append((logged.query, logged.args)))

    def note(connection: object, cursor: object, statement: str, parameters: Sequence[Any], *rest: object) -> None:
        sent.append((statement, parameters))

    application = Application(settings, lambda: datetime.now(UTC))
    engine = application.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    direct = getattr(application, "direct", None)
    if direct is not None:
        direct._options = {**direct._options, "init": listen}
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(application.lifespan(application.asgi()))
        for piece in work:
            await piece(Context(application.house, actor))
    return sent


async def _plans(settings: Settings, actor: Actor, sent: list[Sent]) -> list[str]:
    """Of each different statement once, with the arguments that it was sent with, as the application's role."""
    role = {"role": assumed} if (assumed := migrations.assumed_role(settings)) else {}
    plans: dict[str, str] = {}
    async with plain_connection(settings.database_url, **role) as connection:
        for query, arguments in sent:
            if (
                query in plans
                or "pg_" in query
                or not query.lstrip().startswith(("SELECT", "WITH", "INSERT", "UPDATE"))
            ):
                continue
            async with connection.transaction():
                for name, value in actor.settings().items():
                    await connection.execute("SELECT set_config($1, $2, true)", name, value)
                found = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {query}", *arguments)
            plans[query] = _shortened(orjson.loads(found)[0]["Plan"])
    return list(dict.fromkeys(plan for plan in plans.values() if "(" in plan))


def _shortened(node: Mapping[str, Any]) -> str:
    """The kinds of its nodes, from the outermost inwards, with the indexes and tables that they read."""
    kind = node["Node Type"]
    if kind in _NODES:
        return f"{kind} ({_NODES[kind]}{node.get('Index Name') or node.get('Relation Name')})"
    below = [_shortened(part) for part in node.get("Plans", [])]
    if not below:
        return str(kind)
    return f"{kind} > {below[0]}" if len(below) == 1 else f"{kind} > [{', '.join(below)}]"
