"""Arguments that many fields take, each described once."""

from typing import Annotated

import strawberry

from app.platform.paging import PageRequest

First = Annotated[int, strawberry.argument(description="How many rows: 1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="The cursor to continue behind.")]
CoachId = Annotated[strawberry.ID, strawberry.argument(description="The coach.", name="coachId")]
NodeId = Annotated[strawberry.ID, strawberry.argument(description="A global id.")]


def page(first: int, after: str | None) -> PageRequest:
    return PageRequest(first, after)
