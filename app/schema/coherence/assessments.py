"""Assessments of members."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry

from app.loaders import coherence as coherence_loaders
from app.loaders import members as member_loaders
from app.loaders import sessions as session_loaders
from app.models import coherence as models
from app.models.coherence import AssessmentStatus, AssessmentType, Dimension
from app.schema.coherence.questions import Question, QuestionSet
from app.schema.coherence.scores import CoherenceScore
from app.schema.members import Member
from app.schema.relations import relation
from app.schema.sessions import Session
from app.wire.enums import describe
from app.wire.relay import Node, node_id

describe(
    AssessmentStatus,
    "Where an assessment stands.",
    {
        "DRAFT": "Was asked for, and is not begun.",
        "IN_PROGRESS": "Is being answered, on any device.",
        "COMPLETED": "Was answered; nothing of it changes any more.",
        "ABANDONED": "Was given up; it gives no score.",
    },
)


@strawberry.type(description="What was answered to one question, in the one field that its type has.")
class AssessmentAnswer:
    scale: int | None = strawberry.field(description="To a SCALE.")
    choice: str | None = strawberry.field(description="To a MULTIPLE_CHOICE: the code of the choice.")
    choices: list[str] | None = strawberry.field(description="To a MULTI_SELECT: the codes.")
    text: str | None = strawberry.field(description="To a TEXT. Stored encrypted.")
    score: Decimal | None = strawberry.field(description="What it counts, 0 to 1; null for a text.")
    time_spent_seconds: int = strawberry.field(description="How long this question took, all times together.")
    answered_at: datetime = strawberry.field(description="When it was last answered.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, coherence_loaders.ReadAnswer)


@strawberry.type(description="A question with its answer.")
class AssessmentItem:
    question: Question = strawberry.field(description="What is asked.")
    answer: AssessmentAnswer | None = strawberry.field(description="What was answered, if anything was yet.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, coherence_loaders.SheetItem)


@strawberry.type(description="What an assessment asks, and how far it is answered.")
class AssessmentSheet:
    total: int = strawberry.field(description="How many questions there are.")
    answered: int = strawberry.field(description="How many have an answer.")
    required_left: int = strawberry.field(description="How many must be answered yet before it can be completed.")
    items: list[AssessmentItem] = strawberry.field(description="The questions in their order.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, coherence_loaders.Sheet)


@strawberry.type(description="One member's answers to one version of a question set.")
class Assessment(Node):
    id: strawberry.ID = node_id("Assessment")
    assessment_type: AssessmentType = strawberry.field(description="What it is for.")
    dimension_focus: Dimension | None = strawberry.field(description="The only dimension that it is about.")
    status: AssessmentStatus = strawberry.field(description="Where it stands.")
    time_spent_seconds: int = strawberry.field(description="How long it was answered, all questions together.")
    lacking_dimensions: list[Dimension] = strawberry.field(
        description=(
            "Why it gave no coherence, though it measures something: these it does not ask for, and they were not"
            " known from before. Empty otherwise."
        )
    )
    created_at: datetime = strawberry.field(description="When it was asked for or begun.")
    started_at: datetime | None = strawberry.field(description="When the member began.")
    completed_at: datetime | None = strawberry.field(description="When the member completed it.")
    abandoned_at: datetime | None = strawberry.field(description="When it was given up.")
    member = relation(
        Member | None, member_loaders.members_by_id, key="member_id", description="Who is asked and answers."
    )
    question_set = relation(
        QuestionSet | None,
        coherence_loaders.question_sets_by_assessment,
        key="id",
        description="The version that is asked, also when there is a newer one.",
    )
    sheet = relation(
        AssessmentSheet,
        coherence_loaders.sheets_by_assessment,
        key="id",
        description="The questions as they were asked, with the answers.",
    )
    coherence_score = relation(
        CoherenceScore | None,
        coherence_loaders.scores_by_assessment,
        key="id",
        description="The coherence that it gave; null until it is completed, and where it lacked something.",
    )
    session = relation(
        Session | None, session_loaders.sessions_by_id, key="session_id", description="The session that it belongs to."
    )

    @strawberry.field(description="A coach or an admin has asked for it; otherwise the member began by themselves.")
    def is_asked_for(root: strawberry.Parent[Any]) -> bool:
        return root.asked_by_user_id is not None

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.Assessment)


@strawberry.input(description="Beginning an assessment oneself, or asking a member to answer one.")
class StartAssessmentInput:
    question_set_id: strawberry.ID = strawberry.field(description="A published set.")
    member_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Who is to answer; a member leaves it out."
    )
    session_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="A session of the same member that it belongs to."
    )


@strawberry.input(description="The answer to one question: the one field that the question's type has.")
class AnswerQuestionInput:
    assessment_id: strawberry.ID = strawberry.field(description="One's own assessment.")
    question_id: strawberry.ID = strawberry.field(description="A question of it.")
    scale: int | None = strawberry.field(default=strawberry.UNSET, description="To a SCALE.")
    choice: str | None = strawberry.field(default=strawberry.UNSET, description="To a MULTIPLE_CHOICE: its code.")
    choices: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="To a MULTI_SELECT: the codes; an empty list for none of them."
    )
    text: str | None = strawberry.field(default=strawberry.UNSET, description="To a TEXT: up to 4,000 characters.")
    time_spent_seconds: int | None = strawberry.field(
        default=strawberry.UNSET,
        description=(
            "How long this question has taken in all, 0 to 86,400: it replaces what was said of this question before,"
            " so that a retry counts once. The assessment's time is the sum."
        ),
    )


@strawberry.input(description="Completing one's own assessment.")
class CompleteAssessmentInput:
    id: strawberry.ID = strawberry.field(description="The assessment.")


@strawberry.input(description="Giving an assessment up.")
class AbandonAssessmentInput:
    id: strawberry.ID = strawberry.field(description="The assessment.")
