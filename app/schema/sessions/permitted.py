"""What the asker may do with a session now: the very rules that the mutations ask, told beforehand."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import strawberry

from app.actor import Actor
from app.models import sessions as models
from app.problems import Problem, Refusal
from app.schema.relations import Info

Rule = Callable[[Actor, models.CoachingSession, datetime], Problem | Refusal | None]


@strawberry.type(description="Whether the asker may do something now, and if not, why.")
class Permitted:
    allowed: bool = strawberry.field(description="Whether it would be done if it were asked for now.")
    code: str | None = strawberry.field(
        description="The code of the problem or of the error that it would be refused with; null if allowed."
    )
    message: str | None = strawberry.field(description="The same, for people.")


ALLOWED = Permitted(allowed=True, code=None, message=None)


def unless(refused: Problem | Refusal | None) -> Permitted:
    return ALLOWED if refused is None else Permitted(allowed=False, code=refused.code, message=str(refused))


def permitted(refusal: Rule, description: str) -> Any:
    """A field of `Session` that answers by a rule which reads nothing but the session."""

    def resolve(root: strawberry.Parent[models.CoachingSession], info: Info) -> Permitted:
        return unless(refusal(info.context.asking(), root, info.context.now()))

    return strawberry.field(resolver=resolve, description=description)
