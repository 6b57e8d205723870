"""The names of the small practice's rows about goals: who may do what with which."""

from tests.goals import goals_made_in, recorded
from tests.models.rows import ASKING_COACH, ASKING_MEMBER, Rows
from tests.practice import Person, Practice

NAMED_BY: dict[str, tuple[str, ...]] = {
    "goals": ("member_id", "added_by_user_id"),
    "goal_updates": ("member_id", "number", "recorded_by_user_id"),
    "milestones": ("member_id", "title"),
}
TOUCHED = {"goals": "updated_at = now()", "goal_updates": "value = value", "milestones": "updated_at = now()"}
# Whoever a milestone is about takes it away, and today's coach.
SPARED = {
    "milestones": f"member_id IS DISTINCT FROM {ASKING_MEMBER} AND member_coach_id IS DISTINCT FROM {ASKING_COACH}"
}

OF_ANNA: Rows = {
    "goals": ["anna/anna"],
    "goal_updates": ["anna/1/anna", "anna/2/one"],
    "milestones": ["anna/Speak up"],
}
OF_CARL: Rows = {
    "goals": ["carl/carl"],
    "goal_updates": ["carl/1/carl", "carl/2/other"],
    "milestones": ["carl/Speak up"],
}
SEEN: dict[str, Rows] = {"anna": OF_ANNA, "one": OF_ANNA, "carl": OF_CARL, "other": OF_CARL}
UPDATED = SEEN
# Whoever adds says that it was them; milestones do not say whose they are.
INSERTED: dict[str, Rows] = {
    "anna": OF_ANNA | {"goal_updates": ["anna/1/anna"]},
    "one": {"goal_updates": ["anna/2/one"], "milestones": OF_ANNA["milestones"]},
    "carl": OF_CARL | {"goal_updates": ["carl/1/carl"]},
    "other": {"goal_updates": ["carl/2/other"], "milestones": OF_CARL["milestones"]},
}
TOLD = ["GoalAdded/anna", "GoalAdded/carl"]


async def set_goals(practice: Practice, coach: Person, member: Person) -> None:
    """A goal of the member's own, of which the coach records a value too."""
    made = await goals_made_in(practice, member, member)
    await recorded(practice, coach, {"id": made["Goal"]}, "2")
