"""What members do to grow, read in batches."""

from app.loaders.growth.goals import goals_by_id, milestones_by_goal

__all__ = [
    "goals_by_id",
    "milestones_by_goal",
]
