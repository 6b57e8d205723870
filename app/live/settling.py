"""What time ends: holds that have expired are given back, and offers that were not taken go to the next in line.

Whoever reads a calendar counts by the database's clock and needs none of this; it is what makes the open views see it,
and the next in line hear of it. Every server process does it, and each calendar is settled by whoever has its turn.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from app.platform.direct import DirectDatabase
from app.services.scheduling.writing import settle_where_due

EVERY_SECONDS: Final = 1.0


async def settle(direct: DirectDatabase, tell: Callable[[UUID, int], None], now: datetime) -> None:
    """`tell` hears of each calendar's new version."""
    async with direct.transaction() as db:
        versions = await settle_where_due(db, now)
    for coach_id, version in versions.items():
        tell(coach_id, version)
