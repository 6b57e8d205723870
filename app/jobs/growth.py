"""What follows of what members do to grow, and what becomes due of it by time alone."""

from collections.abc import Mapping
from typing import Any, Final

import structlog

from app.context import Context
from app.events import (
    ActionItemCompleted,
    AssessmentCompleted,
    CoachAssigned,
    CoherenceScored,
    ElementsRecorded,
    Happened,
    InterventionAssigned,
    InterventionRated,
    InterventionUpdated,
    JournalEntryRemoved,
    JournalEntryWritten,
    OfMember,
    RecommendationRated,
    RecommendationsDrafted,
    SessionCompleted,
    SessionNoShow,
)
from app.jobs.job import Job, Scan
from app.platform.phrasing import NotPhrased
from app.services import growth as growth_service

log = structlog.get_logger(__name__)


async def _recommend(context: Context, payload: Mapping[str, Any]) -> None:
    event = Happened.model_validate(payload).read()
    assert isinstance(event, OfMember | CoachAssigned)
    async with context.unit_of_work() as db:
        await growth_service.learn_of(db, event, now=context.now())


async def _phrase(context: Context, payload: Mapping[str, Any]) -> None:
    """No transaction is open while the model is asked; what it does not say stays as the rules have said it."""
    event = Happened.model_validate(payload).read()
    phrasing = context.house.outside.phrasing
    if phrasing is None or not isinstance(event, RecommendationsDrafted):
        return
    async with context.unit_of_work() as db:
        wanted = await growth_service.to_phrase(db, event.member_id)
    said = {}
    try:
        for recommendation_id, facts in wanted.items():
            said[recommendation_id] = await phrasing.phrase(facts)
    except NotPhrased as failure:
        log.info("recommendations stay in the words of the rules", cause=str(failure))
    async with context.unit_of_work() as db:
        await growth_service.keep_phrased(db, event.member_id, said)


async def _count_engagement(context: Context, payload: Mapping[str, Any]) -> None:
    async with context.unit_of_work() as db:
        await growth_service.count_engagement(db, Happened.model_validate(payload), now=context.now())


async def _fade_engagement(context: Context) -> None:
    may_be_more = True
    while may_be_more:
        async with context.unit_of_work() as db:
            may_be_more = await growth_service.fade_engagement(db, now=context.now())


async def mark_overdue(context: Context) -> None:
    """Some items at a time, each time in a transaction."""
    now, may_be_more = context.now(), True
    while may_be_more:
        async with context.unit_of_work() as db:
            may_be_more = await growth_service.mark_overdue(db, now=now)


RECOMMEND: Final = Job(
    "recommend",
    _recommend,
    hears=(
        CoherenceScored,
        ElementsRecorded,
        InterventionAssigned,
        InterventionUpdated,
        InterventionRated,
        RecommendationRated,
        CoachAssigned,
    ),
)
PHRASE: Final = Job("phrase_recommendations", _phrase, at_once=4, hears=(RecommendationsDrafted,))
OVERDUE: Final = Scan("mark overdue action items", mark_overdue, every_seconds=30)
COUNT_ENGAGEMENT: Final = Job(
    "count_engagement",
    _count_engagement,
    hears=(
        ActionItemCompleted,
        AssessmentCompleted,
        InterventionUpdated,
        JournalEntryRemoved,
        JournalEntryWritten,
        SessionCompleted,
        SessionNoShow,
    ),
)
FADE_ENGAGEMENT: Final = Scan("fade engagement", _fade_engagement, every_seconds=300)

JOBS: Final = (RECOMMEND, PHRASE, COUNT_ENGAGEMENT)
SCANS: Final = (OVERDUE, FADE_ENGAGEMENT)
