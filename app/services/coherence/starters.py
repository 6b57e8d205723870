"""The question sets that every practice begins with, kept in a file beside this one."""

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.coherence import Question, QuestionSet, QuestionSetStatus
from app.services.coherence.question_forms import QuestionContent
from app.services.coherence.question_sets import NewQuestionSet, refuse_incomplete

_ONE_AT_A_TIME: Final = text("SELECT pg_advisory_xact_lock(:lock)")
_LOCK: Final = 7_270_678  # any number of our own: two processes that start at once load one after the other
_FILE: Final = Path(__file__).with_name("starter_questions.toml")


def starter_sets() -> list[dict[str, Any]]:
    """As they stand in the file."""
    found: list[dict[str, Any]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))["sets"]
    return found


async def load_starters(db: AsyncSession, *, now: datetime) -> int:
    """Publishes those of whose code the practice has no version yet; how many. For the system, any number of times."""
    await db.execute(_ONE_AT_A_TIME, {"lock": _LOCK})
    loaded = 0
    for given in starter_sets():
        questions = given.pop("questions")
        form = NewQuestionSet.read(**given)
        there = select(QuestionSet.id).where(QuestionSet.coach_id == None, QuestionSet.code == form.code)  # noqa: E711
        if (await db.exec(there.limit(1))).one_or_none() is None:
            await _load(db, form, questions, now)
            loaded += 1
    return loaded


async def _load(db: AsyncSession, form: NewQuestionSet, questions: list[dict[str, Any]], now: datetime) -> None:
    question_set = QuestionSet(**form.model_dump(exclude={"coach_id"}), created_at=now, updated_at=now)
    db.add(question_set)
    await db.flush()
    rows = []
    for place, given in enumerate(questions, start=1):
        code = given.pop("code")
        content = QuestionContent.read(**given).checked().stored()
        rows.append(Question(**content, question_set_id=question_set.id, code=code, position=place, created_at=now))
    refuse_incomplete(form.assessment_type, rows)
    db.add_all(rows)
    await db.flush()
    question_set.sqlmodel_update({"status": QuestionSetStatus.PUBLISHED, "published_at": now})
    db.add(question_set)
    await db.flush()
