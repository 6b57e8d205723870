"""Those who wait for a calendar's turn, and what they are answered once it is over."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

from app.models.scheduling import SlotHold
from app.models.sessions import CoachingSession
from app.services.scheduling.booking import Booked, ScheduleSession, subject_of
from app.services.scheduling.changes import ChangeSession
from app.services.scheduling.requests import Already, Asked, Decision, Earlier, Together
from app.services.scheduling.series import BookSeries
from app.services.scheduling.series_changes import ChangeSeries

Decided: TypeAlias = Decision | Together | Earlier | Already | Exception
Written: TypeAlias = CoachingSession | SlotHold


@dataclass(eq=False, slots=True)
class Waiting:
    asked: Asked
    answer: "asyncio.Future[Any]"

    def give(self, answer: Any) -> None:
        if not self.answer.done():  # the caller may have gone away
            self.answer.set_result(answer)

    def refuse(self, failure: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(failure)

    @property
    def alone_with(self) -> set[object]:
        """What no two requests under way may share, because the second has to see what the first one wrote."""
        actor, form = self.asked.actor, self.asked.form
        alone: set[object] = {actor.member_id or self}  # a member is in one place at a time, and uses a key once
        if isinstance(form, ScheduleSession):
            alone |= {subject_of(self.asked), (actor.user_id, form.idempotency_key or self)}
        elif isinstance(form, ChangeSession | ChangeSeries):
            alone |= {form.session_id, *self.asked.others}
        return alone

    @property
    def size(self) -> int:
        """How many parts it has, at most."""
        form = self.asked.form
        return form.occurrences if isinstance(form, BookSeries) else 1 + len(self.asked.others)


@dataclass(frozen=True, slots=True)
class Done:
    """What was decided and written of one request, and the version that its calendar has after it."""

    decision: Decided
    written: list[Written]
    version: int | None

    @classmethod
    def of(cls, decision: Decided, rows: Sequence[tuple[Written | None, int | None]], settled: int | None) -> Self:
        """`settled` is the version that giving expired holds back has made."""
        versions = [version for version in (settled, *(version for _, version in rows)) if version is not None]
        return cls(decision, [row for row, _ in rows if row is not None], max(versions, default=None))

    def give_to(self, waiting: Waiting) -> None:
        decision, written = self.decision, self.written
        if isinstance(decision, Exception):
            waiting.refuse(decision)
        elif isinstance(decision, Earlier):
            waiting.give(decision)
        elif isinstance(decision, Already):
            waiting.give(decision.hold)
        elif isinstance(decision, Together):
            waiting.give(decision.answer([each for each in written if isinstance(each, CoachingSession)]))
        elif decision.refused is not None:
            waiting.refuse(decision.refused)
        elif not written:
            waiting.refuse(RuntimeError("what was written has not come back"))
        elif decision.change.booking_id is not None and isinstance(written[0], CoachingSession):
            waiting.give(Booked(decision.change.booking_id, written[0], decision.slot))
        else:
            waiting.give(written[0])


def decisions_of(decided: Decided | None) -> Mapping[int, Decision]:
    """By the part of the request that each is for."""
    if isinstance(decided, Together):
        return decided.decisions
    return {0: decided} if isinstance(decided, Decision) else {}
