"""How members grow: what they do, what is proposed to them, and what shows of it."""

from app.services.growth.goal_outcomes import (
    GoalFilter,
    GoalOutcomes,
    OfWhom,
    find_goal_outcomes,
    list_goals,
)
from app.services.growth.goal_values import (
    NewValue,
    access_goal_update,
    list_goal_updates,
    record_goal_progress,
    withdraw_goal_update,
)
from app.services.growth.goals import (
    AbandonGoal,
    GoalChanges,
    NewGoal,
    abandon_goal,
    access_goal,
    add_goal,
    update_goal,
)
from app.services.growth.milestones import (
    MilestoneChanges,
    NewMilestone,
    access_milestone,
    add_milestone,
    reach_milestone,
    remove_milestone,
    reopen_milestone,
    update_milestone,
)

__all__ = [
    "AbandonGoal",
    "GoalChanges",
    "GoalFilter",
    "GoalOutcomes",
    "MilestoneChanges",
    "NewGoal",
    "NewMilestone",
    "NewValue",
    "OfWhom",
    "abandon_goal",
    "access_goal",
    "access_goal_update",
    "access_milestone",
    "add_goal",
    "add_milestone",
    "find_goal_outcomes",
    "list_goal_updates",
    "list_goals",
    "reach_milestone",
    "record_goal_progress",
    "remove_milestone",
    "reopen_milestone",
    "update_goal",
    "update_milestone",
    "withdraw_goal_update",
]
