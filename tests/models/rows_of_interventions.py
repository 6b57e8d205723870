"""Interventions and action items of the small practice, and who may do what with their rows."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from tests.models.rows import ASKING_COACH, ASKING_MEMBER, SEALED, Rows, run

NAMED_BY: dict[str, tuple[str, ...]] = {
    "interventions": ("coach_id", "code"),
    "member_interventions": ("member_id", "status"),
    "member_intervention_notes": ("member_id",),
    "action_items": ("member_id", "is_added_by_member"),
}
TOUCHED = dict.fromkeys(NAMED_BY, "updated_at = now()")
SPARED = {
    "member_intervention_notes": f"member_coach_id IS DISTINCT FROM {ASKING_COACH}",
    "action_items": f"member_coach_id IS DISTINCT FROM {ASKING_COACH}"
    f" AND NOT (is_added_by_member AND member_id IS NOT DISTINCT FROM {ASKING_MEMBER})",
}
_LISTS = "'[]', '[]', '[]'"
_LIBRARY = (
    "INSERT INTO interventions (id, code, coach_id, name, dimension, difficulty, time_minutes, description, steps,"
    " success_measures, resources, is_active, created_at, updated_at)"
    f" VALUES (gen_random_uuid(), :code, CAST(:coach AS uuid), 'An exercise', 'Q', 'EASY', 5, 'Words', {_LISTS}, true,"
    " now(), now())"
)
_GIVEN = (
    "INSERT INTO member_interventions (id, member_id, intervention_id, assigned_by_user_id, status, progress_percent,"
    " assigned_at, updated_at) SELECT gen_random_uuid(), :member, id, :coach_user, 'ASSIGNED', 0, now(), now()"
    " FROM interventions WHERE coach_id IS NULL",
    "INSERT INTO member_intervention_notes (id, member_id, author_user_id, content, updated_at)"
    f" SELECT id, member_id, assigned_by_user_id, {SEALED}, now() FROM member_interventions"
    " WHERE member_id = :member",
    "INSERT INTO action_items (id, member_id, member_intervention_id, title, status, added_by_user_id, version,"
    " is_added_by_member, created_at, updated_at) SELECT gen_random_uuid(), member_id, id, 'Words', 'PENDING',"
    " assigned_by_user_id, 1, false, now(), now() FROM member_interventions WHERE member_id = :member",
    "INSERT INTO action_items (id, member_id, title, status, added_by_user_id, version, is_added_by_member,"
    " created_at, updated_at) VALUES (gen_random_uuid(), :member, 'Words', 'PENDING', :member_user, 1, true, now(),"
    " now())",
)


async def add_to(db: AsyncSession, small: Any) -> None:
    """One of the library, given to each with a note and two things to do, and one of each coach's own."""
    for coach in (None, *small.coaches()):
        await run(db, [_LIBRARY], code="own" if coach else "shared", coach=coach)
    for ids in small.pairs():
        await run(db, _GIVEN, **ids)


def _of(member: str) -> Rows:
    return {
        "member_interventions": [f"{member}/ASSIGNED"],
        "action_items": [f"{member}/False", f"{member}/True"],
    }


def _coached(coach: str, member: str) -> Rows:
    return _of(member) | {"interventions": [f"{coach}/own"], "member_intervention_notes": [member]}


_SHARED = "None/shared"
SEEN: dict[str, Rows] = {
    **{member: _of(member) | {"interventions": [_SHARED]} for member in ("anna", "carl")},
    "one": _coached("one", "anna") | {"interventions": [_SHARED, "one/own"]},
    "other": _coached("other", "carl") | {"interventions": [_SHARED, "other/own"]},
}
UPDATED: dict[str, Rows] = {
    "anna": _of("anna"),
    "carl": _of("carl"),
    "one": _coached("one", "anna"),
    "other": _coached("other", "carl"),
}
INSERTED: dict[str, Rows] = {
    "anna": {"action_items": ["anna/True"]},
    "carl": {"action_items": ["carl/True"]},
    "one": _coached("one", "anna") | {"action_items": ["anna/False"]},
    "other": _coached("other", "carl") | {"action_items": ["carl/False"]},
}
