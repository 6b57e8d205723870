"""How a problem becomes a type of the schema."""

from collections.abc import Callable
from enum import Enum
from typing import Any, TypeVar

import strawberry

from app import problems
from app.wire.enums import describe

Shown = TypeVar("Shown", bound=type)

PROBLEMS = tuple(sorted(problems.Problem.__subclasses__(), key=lambda problem: problem.code))

# Made of the list of problems, so that neither can have a code that the other has not.
ProblemCode: Any = Enum("ProblemCode", [(problem.code, problem.code) for problem in PROBLEMS])  # type: ignore[misc]
describe(
    ProblemCode,
    "What went wrong, for programs.",
    {problem.code: problem.message or f"See the type {problem.__name__}." for problem in PROBLEMS},
)

SHOWN_AS: dict[type[problems.Problem], type] = {}


@strawberry.interface(description="An expected refusal. Nothing was changed.")
class Problem:
    code: ProblemCode = strawberry.field(description="What went wrong, for programs.")
    message: str = strawberry.field(description="What went wrong, for people.")


def shows(problem: type[problems.Problem], description: str) -> Callable[[Shown], Shown]:
    """Makes a class the GraphQL type of a problem; its own fields are attributes of the exception."""

    def register(shown: Shown) -> Shown:
        SHOWN_AS[problem] = strawberry.type(shown, description=description)
        return shown

    return register
