"""Ratings of sessions."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.loaders import sessions as session_loaders
from app.models import sessions as models
from app.schema.relations import relation

if TYPE_CHECKING:
    from app.schema.sessions.session import Session


@strawberry.type(description="What a member says of a session that took place.")
class SessionRating:
    stars: int = strawberry.field(description="1 to 5.")
    comment: str | None = strawberry.field(description="In the member's words.")
    created_at: datetime = strawberry.field(description="When it was given.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")
    changeable_until: datetime = strawberry.field(description="Until when the member may change it.")
    session = relation(
        Annotated["Session", strawberry.lazy("app.schema.sessions.session")] | None,
        session_loaders.sessions_by_id,
        key="session_id",
        description="The session.",
    )

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.SessionRating)


@strawberry.input(description="A rating of one's own session, once it is completed.")
class RateSessionInput:
    session_id: strawberry.ID = strawberry.field(description="The session.")
    stars: int = strawberry.field(description="1 to 5.")
    comment: str | None = strawberry.field(default=strawberry.UNSET, description="Up to 2,000 characters.")


@strawberry.input(description="Changes of a rating; what is left out stays as it is.")
class ChangeSessionRatingInput:
    session_id: strawberry.ID = strawberry.field(description="The session.")
    stars: int | None = strawberry.field(default=strawberry.UNSET, description="1 to 5.")
    comment: str | None = strawberry.field(
        default=strawberry.UNSET, description="Up to 2,000 characters; null takes it away."
    )
