"""How members grow: what they do, what is proposed to them, and what shows of it."""

from app.resolvers.growth.action_items import ActionItemMutation, ActionItemQuery
from app.resolvers.growth.goals import GoalMutation, GoalQuery
from app.resolvers.growth.interventions import InterventionMutation, InterventionQuery

__all__ = [
    "ActionItemMutation",
    "ActionItemQuery",
    "GoalMutation",
    "GoalQuery",
    "InterventionMutation",
    "InterventionQuery",
]
