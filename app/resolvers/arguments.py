"""Arguments that many fields take, each described once."""

from typing import Annotated, Any

import strawberry

from app.platform.paging import PageRequest

First = Annotated[int | None, strawberry.argument(description="How many rows: 1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="The cursor to continue behind.")]
CoachId = Annotated[strawberry.ID, strawberry.argument(description="The coach.", name="coachId")]
NodeId = Annotated[strawberry.ID, strawberry.argument(description="A global id.")]


DEFAULT_FIRST = 20
# Falsy, as null is; but the schema then shows no default of null.
NOT_GIVEN: Any = strawberry.UNSET


def page(first: int | None, after: str | None) -> PageRequest:
    return PageRequest(DEFAULT_FIRST if first is None else first, after or None)
