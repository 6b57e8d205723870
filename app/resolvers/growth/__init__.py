"""How members grow: what they do, what is proposed to them, and what shows of it."""

from app.resolvers.growth.action_items import ActionItemMutation, ActionItemQuery
from app.resolvers.growth.elements import ElementMutation, ElementQuery
from app.resolvers.growth.engagement import EngagementQuery
from app.resolvers.growth.goals import GoalMutation, GoalQuery
from app.resolvers.growth.interventions import InterventionMutation, InterventionQuery
from app.resolvers.growth.journal import JournalMutation, JournalQuery
from app.resolvers.growth.recommendations import RecommendationMutation, RecommendationQuery, RecommendationSubscription

__all__ = [
    "ActionItemMutation",
    "ActionItemQuery",
    "ElementMutation",
    "ElementQuery",
    "EngagementQuery",
    "GoalMutation",
    "GoalQuery",
    "InterventionMutation",
    "InterventionQuery",
    "JournalMutation",
    "JournalQuery",
    "RecommendationMutation",
    "RecommendationQuery",
    "RecommendationSubscription",
]
