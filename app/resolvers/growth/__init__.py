"""How members grow: what they do, what is proposed to them, and what shows of it."""

from app.resolvers.growth.action_items import ActionItemMutation, ActionItemQuery
from app.resolvers.growth.interventions import InterventionMutation, InterventionQuery
from app.resolvers.growth.recommendations import (
    RecommendationMutation,
    RecommendationQuery,
    RecommendationSubscription,
)

__all__ = [
    "ActionItemMutation",
    "ActionItemQuery",
    "InterventionMutation",
    "InterventionQuery",
    "RecommendationMutation",
    "RecommendationQuery",
    "RecommendationSubscription",
]
