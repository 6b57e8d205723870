"""Question sets and their questions."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry

from app.loaders import coaches as coach_loaders
from app.loaders import coherence as coherence_loaders
from app.models import coherence as models
from app.models.coherence import AssessmentType, Dimension, Element, QuestionSetStatus, QuestionType
from app.schema.coaches import Coach
from app.schema.coherence import dimensions  # noqa: F401  so that they are described before a type here asks
from app.schema.relations import Info, relation
from app.wire.enums import describe
from app.wire.relay import Node, node_id

describe(
    AssessmentType,
    "What an assessment is for.",
    {
        "INITIAL": "The first picture: all dimensions and all elements.",
        "QUICK": "How somebody is now, in two minutes: all dimensions.",
        "DEEP_DIVE": "A closer look: all dimensions and all elements.",
        "CUSTOM": "Put together for an occasion; it may be about one dimension only.",
    },
)
describe(
    QuestionSetStatus,
    "Where a version of a question set stands.",
    {
        "DRAFT": "Is being written; nobody is asked.",
        "PUBLISHED": "Is asked, and does not change any more.",
        "RETIRED": "Is asked no more; who has begun may go on.",
    },
)
describe(
    QuestionType,
    "How a question is answered.",
    {
        "SCALE": "By a whole number between two ends.",
        "MULTIPLE_CHOICE": "By one of several choices.",
        "MULTI_SELECT": "By any of several choices, or none.",
        "TEXT": "In one's own words; it is stored encrypted and measures nothing.",
    },
)


@strawberry.type(description="The two ends of a scale.")
class QuestionScale:
    low: int = strawberry.field(description="The lowest number.")
    high: int = strawberry.field(description="The highest number.")
    low_label: str | None = strawberry.field(description="What the lowest stands for.")
    high_label: str | None = strawberry.field(description="What the highest stands for.")
    is_reversed: bool = strawberry.field(description="The lowest number counts most.")


@strawberry.type(description="Something that can be chosen.")
class QuestionChoice:
    code: str = strawberry.field(description="What an answer names it by.")
    label: str = strawberry.field(description="What it says.")
    points: Decimal | None = strawberry.field(
        description="What it counts, −1 to 1; null for whoever may not write questions."
    )


@strawberry.type(description="A question of one version of a set.")
class Question(Node):
    id: strawberry.ID = node_id("Question")
    code: str = strawberry.field(description="Which question it is, the same in every version of the set.")
    version: int = strawberry.field(description="Rises by one with each version of the set in which it was changed.")
    question_type: QuestionType = strawberry.field(description="How it is answered.")
    text: str = strawberry.field(description="What is asked.")
    dimension: Dimension | None = strawberry.field(description="The dimension that it measures.")
    element: Element | None = strawberry.field(description="The element through which it does.")
    weight: Decimal = strawberry.field(description="How much it counts beside the others, 0.01 to 9.99.")
    position: int = strawberry.field(description="Its place in the set, from 1.")
    is_required: bool = strawberry.field(description="An assessment is not complete without it.")
    is_active: bool = strawberry.field(description="It is asked; otherwise it is only kept.")

    @strawberry.field(description="Of a SCALE: its ends.")
    def scale(root: strawberry.Parent[Any]) -> QuestionScale | None:
        if root.question_type is not QuestionType.SCALE:
            return None
        return QuestionScale(**{"low_label": None, "high_label": None} | root.options)

    @strawberry.field(description="What can be chosen, in order.")
    def choices(root: strawberry.Parent[Any], info: Info) -> list[QuestionChoice]:
        shows_points = info.context.asking().may("questions:manage")
        return [
            QuestionChoice(
                code=choice["code"],
                label=choice["label"],
                points=Decimal(choice["points"]) if shows_points else None,
            )
            for choice in root.options.get("choices", ())
        ]

    @strawberry.field(description="Of a MULTI_SELECT: how many may be chosen; null for any number.")
    def most_choices(root: strawberry.Parent[Any]) -> int | None:
        most: int | None = root.options.get("most")
        return most

    @strawberry.field(description="Of a TEXT: how many characters it may have; null for 4,000.")
    def longest(root: strawberry.Parent[Any]) -> int | None:
        longest: int | None = root.options.get("longest")
        return longest

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.Question)


@strawberry.type(description="One version of what an assessment asks.")
class QuestionSet(Node):
    id: strawberry.ID = node_id("QuestionSet")
    assessment_type: AssessmentType = strawberry.field(description="What it is for.")
    code: str = strawberry.field(description="Which set it is, the same in every version.")
    version: int = strawberry.field(description="From 1; the newest published one is asked.")
    name: str = strawberry.field(description="What it is called.")
    description: str | None = strawberry.field(description="What is said of it before it begins.")
    status: QuestionSetStatus = strawberry.field(description="Where this version stands.")
    created_at: datetime = strawberry.field(description="When it was made.")
    published_at: datetime | None = strawberry.field(description="Since when it does not change.")
    retired_at: datetime | None = strawberry.field(description="Since when it is asked no more.")
    coach = relation(
        Coach | None,
        coach_loaders.coaches_by_id,
        key="coach_id",
        description="Whose it is; null for the practice's.",
    )
    questions = relation(
        list[Question],
        coherence_loaders.questions_by_set,
        key="id",
        description=(
            "In their order, those that are not asked too. A member reads the questions of a coach in their assessment."
        ),
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.QuestionSet)


_CODE = "1 to 60 small letters, digits and single hyphens."


@strawberry.input(description="A new set, as a draft without questions.")
class AddQuestionSetInput:
    assessment_type: AssessmentType = strawberry.field(description="CUSTOM for a coach's own.")
    code: str = strawberry.field(description=f"{_CODE} No other set of the same owner has it.")
    name: str = strawberry.field(description="1 to 120 characters.")
    description: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 1,000 characters.")
    coach_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Whose; for admins only, who leave it out for the practice's."
    )


@strawberry.input(description="Changes of a draft.")
class UpdateQuestionSetInput:
    id: strawberry.ID = strawberry.field(description="The set.")
    name: str | None = strawberry.field(default=strawberry.UNSET, description="1 to 120 characters.")
    description: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 1,000 characters.")


@strawberry.input(description="The next version of a set.")
class ReviseQuestionSetInput:
    id: strawberry.ID = strawberry.field(description="The version to begin from.")


@strawberry.input(description="Publishing a draft.")
class PublishQuestionSetInput:
    id: strawberry.ID = strawberry.field(description="The set.")


@strawberry.input(description="Retiring a published set.")
class RetireQuestionSetInput:
    id: strawberry.ID = strawberry.field(description="The set.")


@strawberry.input(description="Removing a draft with its questions.")
class RemoveQuestionSetInput:
    id: strawberry.ID = strawberry.field(description="The set.")


@strawberry.input(description="The two ends of a scale.")
class QuestionScaleInput:
    low: int = strawberry.field(description="0 to 99.")
    high: int = strawberry.field(description="More than the lowest, up to 100.")
    low_label: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 200 characters.")
    high_label: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 200 characters.")
    is_reversed: bool = strawberry.field(default=False, description="The lowest number counts most.")


@strawberry.input(description="Something that can be chosen.")
class QuestionChoiceInput:
    code: str = strawberry.field(description=_CODE)
    label: str = strawberry.field(description="1 to 200 characters.")
    points: Decimal = strawberry.field(
        description="What it counts: 0 to 1 where one is chosen, −1 to 1 where several are."
    )


_MEASURES = "What it measures; a text measures nothing, and every other question something."
_CHOICES = "2 to 20, of a MULTIPLE_CHOICE or a MULTI_SELECT."


@strawberry.input(description="A question, at the end of a draft.")
class AddQuestionInput:
    question_set_id: strawberry.ID = strawberry.field(description="The draft.")
    code: str = strawberry.field(description=f"{_CODE} No other question of the set has it.")
    question_type: QuestionType = strawberry.field(description="How it is answered.")
    text: str = strawberry.field(description="1 to 500 characters.")
    dimension: Dimension | None = strawberry.field(default=strawberry.UNSET, description=_MEASURES)
    element: Element | None = strawberry.field(default=strawberry.UNSET, description=_MEASURES)
    scale: QuestionScaleInput | None = strawberry.field(default=strawberry.UNSET, description="Of a SCALE.")
    choices: list[QuestionChoiceInput] | None = strawberry.field(default=strawberry.UNSET, description=_CHOICES)
    most_choices: int | None = strawberry.field(default=strawberry.UNSET, description="Of a MULTI_SELECT: 1 to 20.")
    longest: int | None = strawberry.field(default=strawberry.UNSET, description="Of a TEXT: 1 to 4,000.")
    weight: Decimal = strawberry.field(default=Decimal(1), description="0.01 to 9.99.")
    is_required: bool = strawberry.field(default=True, description="An assessment is not complete without it.")
    is_active: bool = strawberry.field(default=True, description="It is asked.")


@strawberry.input(description="Changes of a question in a draft; what is left out stays as it is.")
class UpdateQuestionInput:
    id: strawberry.ID = strawberry.field(description="The question.")
    position: int | None = strawberry.field(default=strawberry.UNSET, description="Its new place, from 1.")
    question_type: QuestionType | None = strawberry.field(
        default=strawberry.UNSET,
        description="How it is answered. With another type, only text, weight and the two switches are taken over.",
    )
    text: str | None = strawberry.field(default=strawberry.UNSET, description="1 to 500 characters.")
    dimension: Dimension | None = strawberry.field(default=strawberry.UNSET, description=_MEASURES)
    element: Element | None = strawberry.field(default=strawberry.UNSET, description=_MEASURES)
    scale: QuestionScaleInput | None = strawberry.field(default=strawberry.UNSET, description="Of a SCALE.")
    choices: list[QuestionChoiceInput] | None = strawberry.field(default=strawberry.UNSET, description=_CHOICES)
    most_choices: int | None = strawberry.field(default=strawberry.UNSET, description="Of a MULTI_SELECT: 1 to 20.")
    longest: int | None = strawberry.field(default=strawberry.UNSET, description="Of a TEXT: 1 to 4,000.")
    weight: Decimal | None = strawberry.field(default=strawberry.UNSET, description="0.01 to 9.99.")
    is_required: bool | None = strawberry.field(
        default=strawberry.UNSET, description="An assessment is not complete without it."
    )
    is_active: bool | None = strawberry.field(default=strawberry.UNSET, description="It is asked.")


@strawberry.input(description="Removing a question from a draft.")
class RemoveQuestionInput:
    id: strawberry.ID = strawberry.field(description="The question.")
