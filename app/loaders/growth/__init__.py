"""What belongs to how members grow."""

from app.loaders.growth.action_items import action_items_by_session
from app.loaders.growth.interventions import (
    feedback_by_member_intervention,
    feedback_in,
    interventions_by_id,
    member_interventions_by_id,
    note_in,
    notes_by_member_intervention,
)
from app.loaders.growth.recommendations import comment_in, comments_by_recommendation

__all__ = [
    "action_items_by_session",
    "comment_in",
    "comments_by_recommendation",
    "feedback_by_member_intervention",
    "feedback_in",
    "interventions_by_id",
    "member_interventions_by_id",
    "note_in",
    "notes_by_member_intervention",
]
