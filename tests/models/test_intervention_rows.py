"""Interventions and action items straight at the tables: what the database holds whatever the services do."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from app.actor import SYSTEM, Actor
from app.platform.settings import Settings
from app.wire.relay import parse_key
from tests.interventions import PROGRESS, done, given, item, made
from tests.models.small_practice import refused_with
from tests.operations import add_window, booked
from tests.practice import MovableClock, Practice

DENIED, CHECKED, NO_SUCH, TWICE = "42501", "23514", "23503", "23505"


@dataclass
class Rows:
    practice: Practice
    actors: dict[str, Actor]
    ids: dict[str, str]

    async def refusal(self, who: str, statement: str) -> str | None:
        """The SQLSTATE; names in braces are ids."""
        async with self.practice.as_actor(self.actors[who]) as db:
            return await refused_with(db, statement.format(**self.ids))


@pytest.fixture(scope="module")
async def rows(settings: Settings) -> AsyncIterator[Rows]:
    async with Practice.opened(settings, MovableClock()) as practice:
        coach, other = await practice.coach(), await practice.coach()
        member, beside = await practice.member(coach), await practice.member(coach)
        await add_window(practice, coach, seats=2)
        sessions = [
            await booked(practice, who, coach, "2026-03-02T09:00:00Z", format="GROUP") for who in (member, beside)
        ]
        begun = (await given(practice, coach, member))["id"]
        await practice.ask(PROGRESS, member, input={"id": begun, "progressPercent": 10})
        ids = {
            "mine": ("ActionItem", (await item(practice, member))["id"]),
            "theirs": ("ActionItem", (await item(practice, coach, member))["id"]),
            "new": ("MemberIntervention", (await given(practice, coach, member))["id"]),
            "begun": ("MemberIntervention", begun),
            "done": ("MemberIntervention", await done(practice, coach, member)),
            "beside": ("MemberIntervention", (await given(practice, coach, beside))["id"]),
            "foreign": ("Intervention", await made(practice, other)),
            "own": ("Intervention", await made(practice, coach)),
            "session": ("Session", sessions[0]),
            "another_session": ("Session", sessions[1]),
        }
        keys = {name: str(parse_key(id_, kind, "id")) for name, (kind, id_) in ids.items()}
        keys |= {"member": str(member.actor.member_id), "member_user": str(member.user.id)}
        keys |= {"coach_user": str(coach.user.id), "other_coach": str(other.actor.coach_id)}
        people = {"member": member, "coach": coach, "other": other, "admin": await practice.admin()}
        actors = {name: person.actor for name, person in people.items()} | {"system": SYSTEM}
        yield Rows(practice, actors, keys)


RATED = "effectiveness_rating = 5, rated_at = now()"
COMPLETED = "status = 'COMPLETED', progress_percent = 100, completed_at = now()"


@pytest.mark.parametrize(
    ("who", "change", "refused"),
    [
        ("member", f"{RATED} WHERE id = '{{done}}'", None),
        ("coach", f"{RATED} WHERE id = '{{done}}'", DENIED),
        ("admin", f"{RATED} WHERE id = '{{done}}'", DENIED),
        ("member", f"{RATED} WHERE id = '{{begun}}'", CHECKED),
        ("member", "effectiveness_rating = 6, rated_at = now() WHERE id = '{done}'", CHECKED),
        ("member", "feedback = 'plain words' WHERE id = '{done}'", CHECKED),
        ("member", f"{COMPLETED} WHERE id = '{{begun}}'", None),
        ("coach", f"{COMPLETED} WHERE id = '{{begun}}'", None),
        ("member", "status = 'COMPLETED', completed_at = now() WHERE id = '{begun}'", CHECKED),
        ("member", "progress_percent = 5 WHERE id = '{new}'", CHECKED),
        ("system", "status = 'ASSIGNED', started_at = NULL, progress_percent = 0 WHERE id = '{begun}'", DENIED),
        ("system", "status = 'IN_PROGRESS', completed_at = NULL WHERE id = '{done}'", DENIED),
        ("coach", "name = 'Otherwise' WHERE id = '{new}'", DENIED),
        ("admin", "intervention_id = '{own}' WHERE id = '{new}'", DENIED),
        ("coach", "member_coach_id = '{other_coach}' WHERE id = '{new}'", DENIED),
        ("admin", "recommendation_id = gen_random_uuid() WHERE id = '{new}'", DENIED),
    ],
)
async def test_what_was_given_is_changed_as_the_table_allows(
    rows: Rows, who: str, change: str, refused: str | None
) -> None:
    assert await rows.refusal(who, f"UPDATE member_interventions SET {change}") == refused


@pytest.mark.parametrize(
    ("who", "change", "refused"),
    [
        ("member", "title = 'Better' WHERE id = '{mine}'", None),
        ("member", "title = 'Less' WHERE id = '{theirs}'", DENIED),
        ("member", "due_date = NULL, status = 'PENDING', description = 'x' WHERE id = '{theirs}'", DENIED),
        ("member", "status = 'COMPLETED', completed_at = now() WHERE id = '{theirs}'", None),
        ("coach", "title = 'Better' WHERE id = '{mine}'", None),
        ("member", "is_added_by_member = true WHERE id = '{theirs}'", DENIED),
        ("coach", "member_coach_id = '{other_coach}' WHERE id = '{mine}'", DENIED),
        ("admin", "session_id = '{session}' WHERE id = '{mine}'", DENIED),
        ("member", "status = 'COMPLETED' WHERE id = '{mine}'", CHECKED),
        ("member", "status = 'OVERDUE' WHERE id = '{mine}'", CHECKED),
        ("member", "status = 'IN_PROGRESS' WHERE id = '{mine}'", CHECKED),
    ],
)
async def test_an_action_item_is_changed_as_the_table_allows(
    rows: Rows, who: str, change: str, refused: str | None
) -> None:
    assert await rows.refusal(who, f"UPDATE action_items SET {change}") == refused


ITEM = (
    "INSERT INTO action_items (id, member_id, title, status, version, created_at, updated_at, added_by_user_id,"
    " is_added_by_member, session_id, member_intervention_id)"
    " VALUES (gen_random_uuid(), '{{member}}', 'Words', 'PENDING', 1, now(), now(), {})"
)
GIVE = (
    "INSERT INTO member_interventions (id, member_id, intervention_id, assigned_by_user_id, status, progress_percent,"
    " assigned_at, updated_at)"
    " VALUES (gen_random_uuid(), '{{member}}', '{{{}}}', '{{{}}}', 'ASSIGNED', 0, now(), now())"
)


@pytest.mark.parametrize(
    ("who", "statement", "refused"),
    [
        ("member", ITEM.format("'{member_user}', true, '{session}', '{new}'"), None),
        ("member", ITEM.format("'{member_user}', false, NULL, NULL"), DENIED),
        ("member", ITEM.format("'{coach_user}', true, NULL, NULL"), DENIED),
        ("coach", ITEM.format("'{coach_user}', false, '{session}', NULL"), None),
        ("coach", ITEM.format("'{coach_user}', true, NULL, NULL"), DENIED),
        ("other", ITEM.format("'{coach_user}', false, NULL, NULL"), DENIED),
        ("system", ITEM.format("'{coach_user}', false, '{another_session}', NULL"), CHECKED),
        ("system", ITEM.format("'{coach_user}', false, NULL, '{beside}'"), NO_SUCH),
        ("coach", GIVE.format("own", "coach_user"), None),
        ("coach", GIVE.format("own", "member_user"), DENIED),
        ("coach", GIVE.format("own", "coach_user").replace("'ASSIGNED', 0", "'ABANDONED', 0"), DENIED),
        ("coach", GIVE.format("foreign", "coach_user"), DENIED),
        ("other", GIVE.format("foreign", "coach_user"), DENIED),
        ("member", GIVE.format("own", "member_user"), DENIED),
    ],
)
async def test_rows_are_added_as_the_tables_allow(rows: Rows, who: str, statement: str, refused: str | None) -> None:
    assert await rows.refusal(who, statement) == refused


async def test_a_member_is_at_one_of_a_kind_and_it_is_what_the_intervention_says(rows: Rows) -> None:
    made_up = GIVE.format("own", "coach_user").replace("updated_at)", "updated_at, name)")
    made_up = made_up.replace("now(), now())", "now(), now(), 'Made up')").format(**rows.ids)
    async with rows.practice.as_actor(rows.actors["coach"]) as db:
        named = (await db.execute(text(f"{made_up} RETURNING name"))).scalar_one()
        again = await refused_with(db, made_up)
        await db.rollback()

    assert named.startswith("An exercise")
    assert again == TWICE
