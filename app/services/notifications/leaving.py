"""What leaves the house at one moment: claimed together, and together written down as handed over."""

from collections.abc import Sequence

from app.actor import SYSTEM
from app.platform.clock import Clock
from app.platform.database import Database
from app.platform.direct import DirectDatabase
from app.platform.mail import Mail
from app.platform.together import Together
from app.services.notifications.deliveries import Claim, Sms, claim, record_sent


class Leaving:
    """Of one process. Each delivery is a job of its own; what several of them want at once is one transaction."""

    def __init__(self, database: Database, direct: DirectDatabase, clock: Clock) -> None:
        self._database, self._direct, self._clock = database, direct, clock
        self._claiming = Together(self._claim)
        self._recording = Together(self._record)

    async def claim(self, wanted: Claim) -> Mail | Sms | None:
        """None if there is nothing to hand over any more."""
        return await self._claiming.ask(wanted)

    async def record_sent(self, handed_over: Claim) -> None:
        await self._recording.ask(handed_over)

    async def _claim(self, wanted: Sequence[Claim]) -> list[Mail | Sms | None]:
        async with self._database.transaction(SYSTEM.settings()) as db:
            return await claim(db, wanted, now=self._clock())

    async def _record(self, handed_over: Sequence[Claim]) -> list[None]:
        await record_sent(self._direct, handed_over, now=self._clock())
        return [None] * len(handed_over)
