"""What open views of sessions are sent."""

import strawberry

from app.live import sessions as live
from app.schema.sessions.session import Session
from app.wire.relay import global_id


@strawberry.type(description="A snapshot, or what changed since the last message of the subscription.")
class SessionsChanged:
    is_snapshot: bool = strawberry.field(
        description="True for the first message, which holds every session that is scheduled and not over, at most "
        "the first 500."
    )
    sessions: list[Session] = strawberry.field(
        description="In the order of their start; after the snapshot those that are new or changed. One that was "
        "cancelled, completed or missed comes once more, with its new status, and is not followed any longer."
    )

    @strawberry.field(
        description="Sessions that the asker may not see any more, and those that 500 earlier ones now stand before."
    )
    @staticmethod
    def removed_session_ids(root: strawberry.Parent[live.SessionsChanged]) -> list[strawberry.ID]:
        return [strawberry.ID(global_id("Session", key)) for key in root.removed]
