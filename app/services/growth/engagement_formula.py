"""How engaged somebody is, from what they did on which days. Pure: no database, no clock.

What is younger counts more, twice as much for each fortnight, and of everything there is an amount from which more
counts ever less. `docs/engagement.md` has the formulas.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from enum import StrEnum
from typing import Any, Final

HALF_LIFE_DAYS: Final = 14
WINDOW_DAYS: Final = 84
"""What is older counts less than one in sixty, and is left out."""

_TENTH: Final = Decimal("0.1")


class EngagementPart(StrEnum):
    SESSIONS = "SESSIONS"
    ACTION_ITEMS = "ACTION_ITEMS"
    JOURNAL = "JOURNAL"
    INTERVENTIONS = "INTERVENTIONS"
    ASSESSMENTS = "ASSESSMENTS"


@dataclass(frozen=True, slots=True)
class Rule:
    """A part's most points, and how much of a metric gives half of them; what was missed takes its share away."""

    most: int
    metric: str
    half_at: Decimal
    missed: str | None = None


RULES: Final[Mapping[EngagementPart, Rule]] = {
    EngagementPart.SESSIONS: Rule(30, "SESSIONS_ATTENDED", Decimal(1), missed="SESSIONS_MISSED"),
    EngagementPart.ACTION_ITEMS: Rule(25, "ACTION_ITEMS_COMPLETED", Decimal(2)),
    EngagementPart.JOURNAL: Rule(20, "JOURNAL_ENTRIES", Decimal(3)),
    EngagementPart.INTERVENTIONS: Rule(15, "INTERVENTIONS_COMPLETED", Decimal("0.5")),
    EngagementPart.ASSESSMENTS: Rule(10, "ASSESSMENTS_COMPLETED", Decimal("0.5")),
}


@dataclass(frozen=True, slots=True)
class Done:
    """How often something was done on a day; `metric` is the name of what."""

    metric: str
    day: date
    times: Decimal


@dataclass(frozen=True, slots=True)
class Part:
    """What a part gives, and what of: how often it was done, and missed, in the last twelve weeks, and when last."""

    name: EngagementPart
    points: Decimal
    most: int
    count: int
    missed: int
    last_on: date | None

    def stored(self) -> dict[str, Any]:
        last_on = self.last_on.isoformat() if self.last_on else None
        return {"points": str(self.points), "count": self.count, "missed": self.missed, "last_on": last_on}

    @classmethod
    def read(cls, name: EngagementPart, stored: Mapping[str, Any]) -> "Part":
        last_on = date.fromisoformat(stored["last_on"]) if stored["last_on"] else None
        return cls(name, Decimal(stored["points"]), RULES[name].most, stored["count"], stored["missed"], last_on)


@dataclass(frozen=True, slots=True)
class Engagement:
    score: int
    parts: list[Part]

    @property
    def fades(self) -> bool:
        """Whether another day makes it another one."""
        return any(part.count or part.missed for part in self.parts)


def engagement_of(done: Collection[Done], today: date) -> Engagement:
    with localcontext() as exact:
        exact.prec = 28
        parts = [_part(name, rule, done, today) for name, rule in RULES.items()]
        score = sum((part.points for part in parts), Decimal(0)).quantize(Decimal(1), ROUND_HALF_EVEN)
    return Engagement(int(score), parts)


def _part(name: EngagementPart, rule: Rule, done: Iterable[Done], today: date) -> Part:
    counted = [each for each in done if _age(each, today) < WINDOW_DAYS]
    of = [each for each in counted if each.metric == rule.metric]
    missed = [each for each in counted if each.metric == rule.missed]
    amount, lost = (sum((_faded(each, today) for each in those), Decimal(0)) for those in (of, missed))
    share = (1 - Decimal(2) ** -(amount / rule.half_at)) * (amount / (amount + lost) if amount else Decimal(0))
    return Part(
        name=name,
        points=(rule.most * share).quantize(_TENTH, ROUND_HALF_EVEN),
        most=rule.most,
        count=int(sum(each.times for each in of)),
        missed=int(sum(each.times for each in missed)),
        last_on=max((each.day for each in of), default=None),
    )


def _age(done: Done, today: date) -> int:
    return max((today - done.day).days, 0)


def _faded(done: Done, today: date) -> Decimal:
    return done.times * Decimal(2) ** (Decimal(-_age(done, today)) / HALF_LIFE_DAYS)
