"""How long an alert may wait before it is told to more people, and how often."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol, Self

from app.platform.settings import Settings


@dataclass(frozen=True, slots=True)
class Escalation:
    """`crisis` and `high` are the pauses before each step, and there are at most `most` of them."""

    crisis: timedelta
    high: timedelta
    most: int

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            timedelta(minutes=settings.risk_crisis_minutes),
            timedelta(minutes=settings.risk_high_minutes),
            settings.risk_escalations,
        )


class Carrier(Protocol):
    @property
    def info(self) -> dict[Any, Any]: ...


def escalation_of(db: Carrier) -> Escalation:
    """What a transaction carries along of it."""
    found: Escalation = db.info["escalation"]
    return found
