"""What a question may be, what may be answered to it, and the score of an answer."""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Final, Self

from pydantic import Field, model_validator

from app.forms import Form
from app.models.coherence import Dimension, Element, Question, QuestionType
from app.problems import InvalidInput
from app.services.coherence.scoring import choices_score, scale_score
from app.services.coherence.wording import (
    LONGEST_TEXT,
    MOST_CHOICES,
    Asked,
    Chosen,
    Code,
    Count,
    Label,
    Length,
    ScaleEnd,
    Written,
)


class Scale(Form):
    low: ScaleEnd
    high: ScaleEnd
    low_label: Label | None = None
    high_label: Label | None = None
    is_reversed: bool = False

    @model_validator(mode="after")
    def in_order(self) -> Self:
        if self.low >= self.high:
            raise ValueError("the low end must be less than the high one")
        return self


class Choice(Form):
    code: Code
    label: Label
    points: Annotated[Decimal, Field(ge=-1, le=1, decimal_places=2)]


class QuestionContent(Form):
    """All that a question consists of; what its type does not take must be left out."""

    question_type: QuestionType
    text: Asked
    dimension: Dimension | None = None
    element: Element | None = None
    scale: Scale | None = None
    choices: Annotated[list[Choice], Field(max_length=MOST_CHOICES)] = []
    most_choices: Count | None = None
    longest: Length | None = None
    weight: Annotated[Decimal, Field(ge=Decimal("0.01"), le=Decimal("9.99"), decimal_places=2)] = Decimal(1)
    is_required: bool = True
    is_active: bool = True

    def checked(self) -> Self:
        """Raises `InvalidInput` for parts that do not belong together."""
        kind = self.question_type
        if kind is QuestionType.TEXT and (self.dimension or self.element):
            raise InvalidInput("dimension", "A text measures nothing: leave dimension and element out")
        if kind is not QuestionType.TEXT and not (self.dimension or self.element):
            raise InvalidInput("dimension", "Say which dimension or element it measures")
        if (kind is QuestionType.SCALE) != (self.scale is not None):
            raise InvalidInput("scale", "A scale has its two ends, and no other question has")
        if kind in {QuestionType.MULTIPLE_CHOICE, QuestionType.MULTI_SELECT}:
            self._check_choices()
        elif self.choices:
            raise InvalidInput("choices", "Only a choice has choices")
        if self.most_choices is not None and kind is not QuestionType.MULTI_SELECT:
            raise InvalidInput("mostChoices", "Only where several can be chosen")
        if self.longest is not None and kind is not QuestionType.TEXT:
            raise InvalidInput("longest", "Only a text has a length")
        return self

    def _check_choices(self) -> None:
        codes = {choice.code for choice in self.choices}
        if len(self.choices) < 2 or len(codes) < len(self.choices):
            raise InvalidInput("choices", "There are two choices at least, each with a code of its own")
        if self.question_type is QuestionType.MULTIPLE_CHOICE and any(choice.points < 0 for choice in self.choices):
            raise InvalidInput("choices", "Where one is chosen, its points are the score: 0 to 1")

    def stored(self) -> dict[str, Any]:
        """As columns of a question."""
        columns = self.model_dump(exclude={"scale", "choices", "most_choices", "longest"})
        options: dict[str, Any] = {}
        if self.scale is not None:
            options = self.scale.model_dump(exclude_none=True)
        elif self.choices:
            options = {"choices": [choice.model_dump(mode="json") for choice in self.choices]}
        if self.most_choices is not None:
            options["most"] = self.most_choices
        if self.longest is not None:
            options["longest"] = self.longest
        return columns | {"options": options}


def content_of(question: Question) -> dict[str, Any]:
    """What `QuestionContent` would be made of again."""
    columns = ("question_type", "text", "dimension", "element", "weight", "is_required", "is_active")
    content: dict[str, Any] = {name: getattr(question, name) for name in columns}
    options = dict(question.options)
    if question.question_type is QuestionType.SCALE:
        return content | {"scale": options}
    return content | {
        "choices": options.get("choices", []),
        "most_choices": options.get("most"),
        "longest": options.get("longest"),
    }


class Given(Form):
    """An answer: the one field that the question's type takes."""

    scale: int | None = None
    choice: Label | None = None
    choices: Chosen | None = None
    text: Written | None = None


_FIELD_OF: Final = {
    QuestionType.SCALE: "scale",
    QuestionType.MULTIPLE_CHOICE: "choice",
    QuestionType.MULTI_SELECT: "choices",
    QuestionType.TEXT: "text",
}


def field_of(question: Question) -> str:
    return _FIELD_OF[question.question_type]


def judged(question: Question, given: Given) -> tuple[Any, Decimal | None]:
    """What is stored of an answer, a text as it is, and its score. Raises `InvalidInput`."""
    field = field_of(question)
    answered = {name for name in Given.model_fields if getattr(given, name) is not None}
    if answered != {field}:
        wrong = min(answered - {field}, default=field)
        raise InvalidInput(wrong, f"This question is answered by {field}, and by nothing else")
    judge = _JUDGES[question.question_type]
    return judge(question.options, getattr(given, field))


def _judge_scale(options: dict[str, Any], value: int) -> tuple[Any, Decimal]:
    low, high = options["low"], options["high"]
    if not low <= value <= high:
        raise InvalidInput("scale", f"must lie between {low} and {high}")
    return value, scale_score(value, low, high, is_reversed=options["is_reversed"])


def _points(options: dict[str, Any]) -> dict[str, Decimal]:
    return {choice["code"]: Decimal(choice["points"]) for choice in options["choices"]}


def _judge_choice(options: dict[str, Any], code: str) -> tuple[Any, Decimal]:
    points = _points(options)
    if code not in points:
        raise InvalidInput("choice", "is none of the choices")
    return code, choices_score(points, [code])


def _judge_choices(options: dict[str, Any], codes: list[str]) -> tuple[Any, Decimal]:
    points, most = _points(options), options.get("most")
    if len(set(codes)) < len(codes) or not points.keys() >= set(codes):
        raise InvalidInput("choices", "are not all among the choices, each once")
    if most is not None and len(codes) > most:
        raise InvalidInput("choices", f"At most {most} can be chosen")
    return codes, choices_score(points, codes)


def _judge_text(options: dict[str, Any], written: str) -> tuple[Any, None]:
    longest = options.get("longest", LONGEST_TEXT)
    if not written.strip():
        raise InvalidInput("text", "is empty")
    if len(written) > longest:
        raise InvalidInput("text", f"has more than {longest} characters")
    return written, None


_JUDGES: Final[dict[QuestionType, Callable[[dict[str, Any], Any], tuple[Any, Decimal | None]]]] = {
    QuestionType.SCALE: _judge_scale,
    QuestionType.MULTIPLE_CHOICE: _judge_choice,
    QuestionType.MULTI_SELECT: _judge_choices,
    QuestionType.TEXT: _judge_text,
}
