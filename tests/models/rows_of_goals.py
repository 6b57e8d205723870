"""The names of the small practice's rows about goals: who may do what with which."""

from tests.goals import goals_made_in, recorded
from tests.practice import Person, Practice

NAMED_BY = {
    "goals": ("member_id", "added_by_user_id"),
    "goal_updates": ("member_id", "number", "recorded_by_user_id"),
    "milestones": ("member_id", "title"),
}
TOUCHED = {"goals": "updated_at = now()", "goal_updates": "value = value", "milestones": "updated_at = now()"}

OF_ANNA = {
    "goals": ["anna/anna"],
    "goal_updates": ["anna/1/anna", "anna/2/one"],
    "milestones": ["anna/Speak up"],
}
OF_CARL = {
    "goals": ["carl/carl"],
    "goal_updates": ["carl/1/carl", "carl/2/other"],
    "milestones": ["carl/Speak up"],
}
SEEN = {"anna": OF_ANNA, "one": OF_ANNA, "carl": OF_CARL, "other": OF_CARL}
# Whoever adds says that it was them; milestones do not say whose they are.
INSERTED = {
    "anna": OF_ANNA | {"goal_updates": ["anna/1/anna"]},
    "one": {"goal_updates": ["anna/2/one"], "milestones": OF_ANNA["milestones"]},
    "carl": OF_CARL | {"goal_updates": ["carl/1/carl"]},
    "other": {"goal_updates": ["carl/2/other"], "milestones": OF_CARL["milestones"]},
}
TOLD_OF_GOALS = ["GoalAdded/anna", "GoalAdded/carl"]


async def set_goals(practice: Practice, coach: Person, member: Person) -> None:
    """A goal of the member's own, of which the coach records a value too."""
    made = await goals_made_in(practice, member, member)
    await recorded(practice, coach, {"id": made["Goal"]}, "2")
