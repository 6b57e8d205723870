"""How the files of rows per area are written, and found.

Each names its tables' rows (`NAMED_BY`) and an assignment that breaks no rule of theirs (`TOUCHED`), says who has them
(`SEEN`, `UPDATED`, `INSERTED`), and may have more: `add_to` to make them, `SPARED` where a DELETE is to spare what is
the asker's to take away, and what the outbox is `TOLD`.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

Rows = dict[str, list[str]]

ASKING_USER, ASKING_COACH, ASKING_MEMBER = (
    f"nullif(current_setting('app.{who}_id', true), '')::uuid" for who in ("user", "coach", "member")
)
SEALED = "'\\x01'::bytea || decode(repeat('00', 60), 'hex')"


async def run(db: AsyncSession, statements: Iterable[str], **values: Any) -> None:
    for statement in statements:
        await db.execute(text(statement), values)
