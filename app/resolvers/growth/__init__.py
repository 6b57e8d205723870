"""How members grow: what they do, what is proposed to them, and what shows of it."""

from app.resolvers.growth.goals import GoalMutation, GoalQuery

__all__ = ["GoalMutation", "GoalQuery"]
