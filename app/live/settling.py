"""What time ends: holds that have expired are given back, and offers that were not taken go to the next in line.

Whoever reads a calendar counts by the database's clock and needs none of this; it is what makes the open views see it,
and the next in line hear of it. Every server process does it, and each calendar is settled by whoever has its turn.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from app.platform.database import DatabaseAway
from app.platform.direct import DirectDatabase
from app.services.scheduling.writing import calendars_to_settle, settle_in_turn

log = structlog.get_logger(__name__)

EVERY_SECONDS: Final = 1.0


async def settle(direct: DirectDatabase, tell: Callable[[UUID, int], None], now: datetime) -> None:
    """`tell` hears of each calendar's new version. One that cannot be settled is no matter of the others."""
    async with direct.transaction() as db:
        due = await calendars_to_settle(db, now)
    for coach_id in due:
        try:
            async with direct.transaction() as db:
                version = await settle_in_turn(db, coach_id, now)
        except DatabaseAway:
            raise
        except Exception:
            log.exception("a calendar could not be settled", coach_id=str(coach_id))
        else:
            if version is not None:
                tell(coach_id, version)
