"""How members grow: what they do, what is proposed to them, and what shows of it."""

from app.schema.growth.goals import (
    AbandonGoalInput,
    AddGoalInput,
    AddMilestoneInput,
    Goal,
    GoalFilter,
    GoalOutcomes,
    GoalUpdate,
    Milestone,
    ReachMilestoneInput,
    RecordGoalProgressInput,
    RemoveMilestoneInput,
    ReopenMilestoneInput,
    UpdateGoalInput,
    UpdateMilestoneInput,
    WithdrawGoalUpdateInput,
)

__all__ = [
    "AbandonGoalInput",
    "AddGoalInput",
    "AddMilestoneInput",
    "Goal",
    "GoalFilter",
    "GoalOutcomes",
    "GoalUpdate",
    "Milestone",
    "ReachMilestoneInput",
    "RecordGoalProgressInput",
    "RemoveMilestoneInput",
    "ReopenMilestoneInput",
    "UpdateGoalInput",
    "UpdateMilestoneInput",
    "WithdrawGoalUpdateInput",
]
