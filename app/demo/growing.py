"""What two months of coaching leave behind: written down by the services that the API calls, on a clock moved back.

Nobody is told now of what was long ago.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.context import Context
from app.events import keep_quiet
from app.loaders.coherence import sheets_by_assessment
from app.models.coherence import AssessmentType, Dimension, Element, Question, QuestionSetStatus, QuestionType
from app.models.growth import ActionItem
from app.models.risk import RiskIndicator, RiskLevel
from app.platform.paging import PageRequest
from app.services import coherence as coherence_service
from app.services import growth as growth_service
from app.services import risk as risk_service
from app.services.privacy import key_for_member

Result = TypeVar("Result")

ONE: Final = PageRequest(first=1)
TOLD_FOR: Final = timedelta(days=3)
"""What happened before that, nobody is told of."""

# Much is understood and little is done, until there is a breakthrough of courage.
_WEEKS: Final = (
    ("0.50", "0.80", "0.25", "0.50"),
    ("0.55", "0.75", "0.30", "0.45"),
    ("0.55", "0.80", "0.25", "0.50"),
    ("0.50", "0.80", "0.40", "0.55"),
    ("0.60", "0.75", "0.30", "0.55"),
    ("0.60", "0.80", "0.25", "0.50"),
    ("0.65", "0.80", "0.40", "0.60"),
    ("0.60", "0.85", "0.30", "0.60"),
    ("0.70", "0.85", "0.80", "0.60"),
)
_WORDS: Final = {
    "brings-you": "I lead a team of six, and I hear myself explaining what I should have asked.",
    "would-notice": "Somebody would say in a meeting that I disagreed, and that it was useful.",
    "one-word": "Awake",
}


async def grow(context: Context, *, coach: Actor, member: Actor, other: Actor, session_id: UUID) -> None:
    """The last nine weeks of one member, who had that session in them, and a beginning of another."""
    async with context.unit_of_work() as db:
        for each in (member, other):
            await key_for_member(db, _id_of(each))
    growing = _Growing(context, context.now(), coach, member, _id_of(member))
    await growing.goal()
    await growing.first_assignment()
    await growing.risk()
    for weeks_ago, levels in zip(range(len(_WEEKS), 0, -1), _WEEKS, strict=True):
        asked = AssessmentType.INITIAL if weeks_ago == len(_WEEKS) else AssessmentType.QUICK
        await growing.assess(asked, levels, timedelta(weeks=weeks_ago - 1, days=1, hours=3))
    await growing.action_items(session_id)
    await growing.journal()
    await growing.recommendations()
    await growing.ask_for(AssessmentType.DEEP_DIVE)
    beginner = _Growing(context, context.now(), coach, other, _id_of(other))
    await beginner.assess(AssessmentType.QUICK, ("0.80", "0.50", "0.55", "0.30"), timedelta(days=5))
    async with context.unit_of_work() as db:
        await growth_service.mark_overdue(db, now=context.now())
        await growth_service.fade_engagement(db, now=context.now())


async def _published(db: AsyncSession, actor: Actor, asked: AssessmentType) -> UUID:
    """Of the sets that a practice begins with there is one of each type."""
    published = {"assessment_type": asked, "status": QuestionSetStatus.PUBLISHED}
    found = await coherence_service.list_question_sets(db, actor, **published, page=ONE)  # type: ignore[arg-type]
    return found.rows[0].id


def _id_of(actor: Actor) -> UUID:
    assert actor.member_id is not None
    return actor.member_id


@dataclass(frozen=True, slots=True)
class _Growing:
    context: Context
    now: datetime
    coach: Actor
    member: Actor
    member_id: UUID

    @asynccontextmanager
    async def _when(self, actor: Actor, ago: timedelta) -> AsyncIterator[AsyncSession]:
        async with self.context.unit_of_work(actor) as db:
            yield db
            if ago > TOLD_FOR:
                keep_quiet(db)

    async def _did(
        self,
        actor: Actor,
        ago: timedelta,
        service: Callable[..., Awaitable[Result]],
        **given: Any,
    ) -> Result:
        async with self._when(actor, ago) as db:
            return await service(db, actor, **given, now=self.now - ago)

    def _day(self, in_days: int) -> date:
        return (self.now + timedelta(days=in_days)).date()

    async def assess(self, asked: AssessmentType, levels: tuple[str, ...], ago: timedelta) -> None:
        """The member answers all that is asked, as near to these levels as the answers come."""
        level = dict(zip(Dimension, map(Decimal, levels), strict=True))
        now = self.now - ago
        async with self._when(self.member, ago) as db:
            form = coherence_service.StartAssessment.read(question_set_id=await _published(db, self.member, asked))
            assessment = await coherence_service.start_assessment(db, self.member, form=form, now=now)
            (sheet,) = await sheets_by_assessment(db, [assessment.id])
            for number, item in enumerate(sheet.items):
                answer = coherence_service.AnswerQuestion.read(
                    assessment_id=assessment.id,
                    question_id=item.question.id,
                    time_spent_seconds=9 + 7 * number % 12,
                    **_answer(item.question, level),
                )
                await coherence_service.answer_question(db, self.member, form=answer, now=now)
            done = now + timedelta(minutes=3)
            await coherence_service.complete_assessment(db, self.member, assessment_id=assessment.id, now=done)

    async def ask_for(self, asked: AssessmentType) -> None:
        """The coach asks for one that the member has not begun."""
        async with self._when(self.coach, timedelta()) as db:
            set_id = await _published(db, self.coach, asked)
            form = coherence_service.StartAssessment.read(question_set_id=set_id, member_id=self.member_id)
            await coherence_service.start_assessment(db, self.coach, form=form, now=self.now)

    async def goal(self) -> None:
        weeks = timedelta(weeks=1)
        goal = await self._did(
            self.member,
            8 * weeks,
            growth_service.add_goal,
            form=growth_service.NewGoal.read(
                title="Say what I think while it still helps",
                specific="In the weekly meeting, before the decision is taken.",
                measure="Meetings in which I spoke up",
                unit="meetings",
                baseline=0,
                target=10,
                achievable="There is a meeting each week, and the team has asked for it.",
                relevant="Decisions are taken that I know to be wrong.",
                target_date=self._day(42),
                dimension=Dimension.Q,
            ),
        )
        for title, value in (("Three times", 3), ("Every second time", 6), ("Say it to the board", None)):
            milestone = growth_service.NewMilestone.read(goal_id=goal.id, title=title, target_value=value)
            await self._did(self.coach, 8 * weeks, growth_service.add_milestone, form=milestone)
        for weeks_ago, value in ((6, 1), (5, 2), (3, 3), (1, 5)):
            recorded = growth_service.NewValue.read(goal_id=goal.id, value=value)
            await self._did(self.member, weeks_ago * weeks, growth_service.record_goal_progress, form=recorded)

    async def first_assignment(self) -> None:
        """Given, done and rated weeks ago."""
        given = await self._assign("The two-minute door", timedelta(weeks=5))
        for days_ago, percent in ((30, 40), (24, 100)):
            progress = growth_service.Progress.read(id=given, progress_percent=percent)
            await self._did(
                self.member, timedelta(days=days_ago), growth_service.update_intervention_progress, form=progress
            )
        rating = growth_service.RateIntervention.read(id=given, rating=5, feedback="Smaller than I feared, each time.")
        await self._did(self.member, timedelta(days=23), growth_service.rate_intervention, form=rating)
        note = growth_service.InterventionNote.read(id=given, text="Likes what is small and daily.")
        await self._did(self.coach, timedelta(days=22), growth_service.write_intervention_note, form=note)

    async def _assign(self, name: str, ago: timedelta) -> UUID:
        wanted = growth_service.InterventionFilter.read(search=name)
        found = await self._read(self.coach, growth_service.list_interventions, wanted=wanted, page=ONE)
        form = growth_service.AssignIntervention.read(member_id=self.member_id, intervention_id=found.rows[0].id)
        return (await self._did(self.coach, ago, growth_service.assign_intervention, form=form)).id

    async def _read(self, actor: Actor, service: Callable[..., Awaitable[Result]], **given: Any) -> Result:
        async with self.context.unit_of_work(actor) as db:
            return await service(db, actor, **given)

    async def risk(self) -> None:
        """A quiet first look, and a bad fortnight that the coach saw to."""
        calm = risk_service.RecordRisk.read(
            member_id=self.member_id, level=RiskLevel.LOW, notes="Sleeps and eats well."
        )
        await self._did(self.coach, timedelta(weeks=8), risk_service.record_risk, form=calm)
        weeks_ago = timedelta(weeks=3)
        high = risk_service.RecordRisk.read(
            member_id=self.member_id,
            level=RiskLevel.HIGH,
            indicators=[RiskIndicator.HOPELESSNESS, RiskIndicator.SLEEP_OR_APPETITE],
            notes="Has hardly slept since the reorganisation was announced.",
        )
        await self._did(self.coach, weeks_ago, risk_service.record_risk, form=high)
        whose = {"member_id": self.member_id, "status": None}
        raised = await self._read(self.coach, risk_service.list_risk_alerts, **whose, page=ONE)
        alert_id = raised.rows[0].id
        soon = weeks_ago - timedelta(minutes=20)
        await self._did(self.coach, soon, risk_service.acknowledge_risk_alert, alert_id=alert_id)
        better = risk_service.RecordRisk.read(
            member_id=self.member_id, level=RiskLevel.MEDIUM, indicators=[RiskIndicator.SLEEP_OR_APPETITE]
        )
        await self._did(self.coach, timedelta(days=6), risk_service.record_risk, form=better)

    async def action_items(self, session_id: UUID) -> None:
        """One done, one overdue, one begun and one that came of the last session."""
        done = await self._add(self.coach, 21, title="Ask one person what they would change", due_date=self._day(-14))
        await self._did(self.member, timedelta(days=16), growth_service.complete_action_item, item_id=done.id)
        await self._add(self.coach, 14, title="Write down what was not said in the meeting", due_date=self._day(-3))
        begun = await self._add(self.member, 6, title="Find an hour that is mine", due_date=self._day(9))
        started = growth_service.ActionItemChanges.read(id=begun.id, expected_version=begun.version, is_started=True)
        await self._did(self.member, timedelta(days=4), growth_service.update_action_item, form=started)
        await self._add(
            self.coach,
            6,
            title="Ask one question more than feels comfortable",
            description="In the next meeting, before anybody has proposed a solution.",
            due_date=self._day(5),
            session_id=session_id,
        )

    async def _add(self, by: Actor, days_ago: int, **given: Any) -> ActionItem:
        form = growth_service.NewActionItem.read(member_id=self.member_id, **given)
        return await self._did(by, timedelta(days=days_ago), growth_service.add_action_item, form=form)

    async def journal(self) -> None:
        for days_ago, mood, is_shared, title, text in _ENTRIES:
            entry = growth_service.NewJournalEntry.read(
                text=text, title=title, mood=mood, element=Element.FIRE if is_shared else None, is_shared=is_shared
            )
            await self._did(self.member, timedelta(days=days_ago), growth_service.write_journal_entry, form=entry)

    async def recommendations(self) -> None:
        """Drafted after the last assessment: one is sent and given, one waits in the coach's own words."""
        hours = timedelta(hours=1)
        seen = {"fire": 5, "water": 3, "earth": 2, "air": 6, "aether": 4}
        balance = growth_service.NewBalance.read(member_id=self.member_id, **seen)
        await self._did(self.coach, timedelta(days=6), growth_service.record_elemental_balance, form=balance)
        drafted = await self._did(
            self.coach, 20 * hours, growth_service.draft_recommendations, member_id=self.member_id
        )
        best, second = sorted(drafted, key=lambda each: each.rank_score, reverse=True)[:2]
        edited = growth_service.RecommendationChanges.read(
            id=second.id, text="You have begun to speak up. This may help you to notice what it changes, and for whom."
        )
        await self._did(self.coach, 19 * hours, growth_service.edit_recommendation, form=edited)
        approved = growth_service.ApproveRecommendation.read(id=best.id, assign=True, due_date=self._day(12))
        given = await self._did(self.coach, 18 * hours, growth_service.approve_recommendation, form=approved)
        progress = growth_service.Progress.read(id=given.member_intervention_id, progress_percent=30)
        await self._did(self.member, 2 * hours, growth_service.update_intervention_progress, form=progress)


_ENTRIES: Final = (
    (37, 2, False, None, "I said yes again, and was angry with everybody but me."),
    (24, 4, True, "The two-minute door", "Rang the supplier before I could think about it. It took four minutes."),
    (9, 3, False, "Sunday", "Slept. Did not open the laptop once."),
    (1, 5, True, "I disagreed", "In front of everybody. Two of them thanked me afterwards."),
)


def _answer(question: Question, level: dict[Dimension, Decimal]) -> dict[str, Any]:
    """What comes nearest to the level of what it measures."""
    if question.question_type is QuestionType.TEXT:
        return {"text": _WORDS.get(question.code, "I would rather talk about it.")}
    assert question.dimension is not None
    aim, options = level[question.dimension], question.options
    if question.question_type is QuestionType.SCALE:
        low, high = options["low"], options["high"]
        steps = round(aim * (high - low))
        return {"scale": high - steps if options.get("is_reversed") else low + steps}
    points = {each["code"]: Decimal(each["points"]) for each in options["choices"]}
    if question.question_type is QuestionType.MULTIPLE_CHOICE:
        return {"choice": min(points, key=lambda code: abs(points[code] - aim))}
    chosen: list[str] = []
    for code, worth in points.items():
        if 0 < worth <= aim - sum(points[each] for each in chosen):
            chosen.append(code)
    return {"choices": chosen[: options.get("most")]}
