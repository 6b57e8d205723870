"""Users, log-ins and the viewer."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.models import identity as models
from app.models.identity import Role
from app.services import identity as identity_service
from app.wire.enums import describe
from app.wire.relay import Node, node_id
from app.wire.scalars import EmailAddress, TimeZone

if TYPE_CHECKING:
    from app.schema.coaches import Coach
    from app.schema.members import Member

describe(
    Role,
    "What a user is in the practice.",
    {"MEMBER": "Receives coaching.", "COACH": "Coaches members.", "ADMIN": "Runs the practice; sees everything."},
)


@strawberry.type(description="A login. Seen by its owner, the coach of its owner, and admins.")
class User(Node):
    id: strawberry.ID = node_id("User")
    email: EmailAddress = strawberry.field(description="In lower case.")
    role: Role = strawberry.field(description="Decides the permissions that one starts with.")
    time_zone: TimeZone = strawberry.field(description="The zone that the user's own times are written in.")
    is_active: bool = strawberry.field(description="Only active users can log in.")
    is_email_verified: bool = strawberry.field(description="The user has shown that the address is theirs.")
    created_at: datetime = strawberry.field(description="When the account was made.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, models.User)


@strawberry.type(description="Who is asking: the user, their profile, and what they may do.")
class Viewer:
    user: User = strawberry.field(description="The login itself.")
    member: Annotated["Member", strawberry.lazy("app.schema.members")] | None = strawberry.field(
        description="The member profile; null for coaches and admins."
    )
    coach: Annotated["Coach", strawberry.lazy("app.schema.coaches")] | None = strawberry.field(
        description="The coaching profile; null for members and admins."
    )
    permissions: list[str] = strawberry.field(description="Codes such as `sessions:write`, in alphabetical order.")


@strawberry.type(description="A log-in that succeeded.")
class AuthSession:
    access_token: str = strawberry.field(description="Goes into `Authorization: Bearer …`, or the websocket's payload.")
    refresh_token: str = strawberry.field(description="Works once, in `refreshSession`; keep it secret.")
    expires_at: datetime = strawberry.field(description="When the access token stops being good.")
    viewer: Viewer = strawberry.field(description="Who has logged in.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        return isinstance(value, identity_service.Login)


@strawberry.input(description="A new member's account.")
class SignUpInput:
    email: EmailAddress = strawberry.field(description="The login's name; one account for each address.")
    password: str = strawberry.field(description="10 to 256 characters.")
    first_name: str = strawberry.field(description="Up to 80 characters.")
    last_name: str = strawberry.field(description="Up to 80 characters.")
    time_zone: TimeZone = strawberry.field(default=TimeZone("UTC"), description="The member's own zone.")
    coach_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="A coach who accepts members; without one an admin assigns one later."
    )


@strawberry.input(description="An e-mail address and its password.")
class LogInInput:
    email: EmailAddress = strawberry.field(description="In any case of letters.")
    password: str = strawberry.field(description="Up to 256 characters.")


@strawberry.input(description="A refresh token to exchange.")
class RefreshSessionInput:
    refresh_token: str = strawberry.field(description="The one of the last log-in or refresh.")
