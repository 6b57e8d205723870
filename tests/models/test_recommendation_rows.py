"""Recommendations straight at the tables: what each side may change, and that what is counted is what was said."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import SYSTEM, Actor
from app.platform.settings import Settings
from app.wire.relay import parse_key
from tests.models.small_practice import refused_with
from tests.practice import MovableClock, Practice
from tests.recommending import exercise, recommendation_of

DENIED, CHECKED, TWICE, NO_SUCH = "42501", "23514", "23505", "23503"


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
        made = {status.lower(): await recommendation_of(practice, member, status) for status in ("DRAFTED", "SENT")}
        ids = {name: str(parse_key(key, "Recommendation", "id")) for name, key in made.items()}
        ids["exercise"] = str(await exercise(practice, "another", "Q"))
        for name, person in (("member", member), ("beside", beside), ("other", other), ("coach", coach)):
            ids |= {name: str(person.actor.member_id or person.actor.coach_id), f"{name}_user": str(person.user.id)}
        people = {"member": member, "coach": coach, "other": other, "admin": await practice.admin()}
        yield Rows(practice, {name: each.actor for name, each in people.items()} | {"system": SYSTEM}, ids)


_REVIEWED = "reviewed_at = now(), reviewed_by_user_id = '{coach_user}'"
_SENT = f"status = 'SENT', sent_at = now(), {_REVIEWED}"
_DRAFTED, _OF_SENT = " WHERE id = '{drafted}'", " WHERE id = '{sent}'"


@pytest.mark.parametrize(
    ("who", "changed", "state"),
    [
        ("coach", "title = 'Another', text = 'Words', priority = 'HIGH'" + _DRAFTED, None),
        ("coach", _SENT + _DRAFTED, None),
        ("coach", f"status = 'REJECTED', {_REVIEWED}" + _DRAFTED, None),
        ("coach", f"status = 'REJECTED', {_REVIEWED}" + _OF_SENT, None),
        ("coach", _SENT.replace("coach_user", "other_user") + _DRAFTED, DENIED),
        ("coach", "status = 'SENT', sent_at = now()" + _DRAFTED, CHECKED),
        ("coach", f"status = 'SENT', {_REVIEWED}" + _DRAFTED, CHECKED),
        ("coach", f"status = 'COMPLETED', sent_at = now(), {_REVIEWED}" + _DRAFTED, DENIED),
        ("coach", "status = 'DRAFTED'" + _OF_SENT, DENIED),
        ("coach", "status = 'SUPERSEDED'" + _OF_SENT, DENIED),
        ("coach", "rating = 5, rated_at = now()" + _OF_SENT, DENIED),
        ("admin", "rating = 5, rated_at = now()" + _OF_SENT, DENIED),
        ("coach", "member_id = '{beside}'" + _DRAFTED, DENIED),
        ("coach", "member_coach_id = '{other}'" + _DRAFTED, DENIED),
        ("coach", "intervention_id = '{exercise}'" + _DRAFTED, DENIED),
        ("coach", "reason = 'Because'" + _DRAFTED, DENIED),
        ("coach", "rank_score = 1" + _DRAFTED, DENIED),
        ("system", "facts = '[1]'" + _DRAFTED, DENIED),
        ("system", "member_intervention_id = gen_random_uuid()" + _DRAFTED, NO_SUCH),
        ("member", "rating = 5, rated_at = now(), status = 'COMPLETED'" + _OF_SENT, None),
        ("member", "rating = 6, rated_at = now()" + _OF_SENT, CHECKED),
        ("member", "rating = 5" + _OF_SENT, CHECKED),
        ("member", "rating = 5, rated_at = now(), comment = 'plain'" + _OF_SENT, CHECKED),
        ("member", "comment = '\\x01'::bytea || decode(repeat('00', 60), 'hex')" + _OF_SENT, CHECKED),
        ("member", "title = 'Another'" + _OF_SENT, DENIED),
        ("member", f"status = 'REJECTED', {_REVIEWED}" + _OF_SENT, DENIED),
        ("system", "rating = 5, rated_at = now()" + _DRAFTED, CHECKED),
    ],
)
async def test_each_side_changes_what_is_its_own_and_nothing_goes_back(
    rows: Rows, who: str, changed: str, state: str | None
) -> None:
    assert await rows.refusal(who, f"UPDATE recommendations SET {changed}") == state


_ADD = (
    "INSERT INTO recommendations (id, member_id, intervention_id, dimension, priority, rank_score, title, text, reason,"
    " facts, wording, status, drafted_at) SELECT gen_random_uuid(), '{{{member}}}', {of}, 'Q', 'LOW', {score}, 'Words',"
    " 'Words', 'Words', '[]', 'RULES', '{status}', now()"
)


def add(member: str = "member", of: str = "'{exercise}'", status: str = "DRAFTED", score: str = "0.5") -> str:
    return _ADD.format(member=member, of=of, status=status, score=score)


_OF_DRAFTED = "(SELECT intervention_id FROM recommendations WHERE id = '{drafted}')"


@pytest.mark.parametrize(
    ("who", "statement", "state"),
    [
        ("coach", add(), None),
        ("coach", add(of=_OF_DRAFTED), TWICE),
        ("coach", add(status="SENT"), DENIED),
        ("coach", add(score="1.1"), CHECKED),
        ("coach", add().replace("drafted_at", "drafted_at, sent_at, rating, rated_at") + ", now(), 5, now()", DENIED),
        ("coach", add(of="gen_random_uuid()"), NO_SUCH),
        ("other", add(), DENIED),
        ("member", add(), DENIED),
        ("system", add(status="SENT"), CHECKED),
        ("coach", "DELETE FROM recommendations", None),
        ("system", "INSERT INTO intervention_ratings_by_group VALUES ('{exercise}', 'EVERYBODY', 3, 15)", DENIED),
        ("coach", "INSERT INTO intervention_experiences VALUES ('{member}', '{exercise}', 5, '{{}}', now())", DENIED),
        ("member", "INSERT INTO intervention_experiences VALUES ('{member}', '{exercise}', 5, '{{}}', now())", DENIED),
    ],
)
async def test_a_coach_drafts_for_their_own_members_each_intervention_once(
    rows: Rows, who: str, statement: str, state: str | None
) -> None:
    assert await rows.refusal(who, statement) == state
    assert await rows.practice.count("recommendations") == 2


async def settled(db: AsyncSession, actor: Actor) -> None:
    """Goes on as somebody else."""
    for name, value in actor.settings().items():
        await db.execute(text("SELECT set_config(:name, :value, true)"), {"name": name, "value": value})


async def test_groups_hold_what_their_members_have_said_and_say_nothing_of_fewer_than_three(
    rows: Rows,
) -> None:
    of = UUID(rows.ids["exercise"])
    people = await rows.practice.members(4)
    said = text(
        "INSERT INTO intervention_experiences VALUES (:member, :of, :rating, CAST(:groups AS text[]), now())"
        " ON CONFLICT (member_id, intervention_id) DO UPDATE SET rating = excluded.rating,"
        " group_names = excluded.group_names"
    )
    others = text("SELECT * FROM ratings_of_others(:member, '{EVERYBODY,WEAKEST_Q}')")
    groups = text("SELECT group_name, rating_count, rating_sum FROM intervention_ratings_by_group ORDER BY 1")
    keys = [person.actor.member_id for person in people]
    async with rows.practice.as_system() as db:
        for key, rating in zip(keys, (5, 4, 3, 2), strict=True):
            names = ["EVERYBODY", "WEAKEST_Q"] if rating > 2 else ["EVERYBODY"]
            await db.execute(said, {"member": key, "of": of, "rating": rating, "groups": names})
        assert (await db.execute(groups)).all() == [("EVERYBODY", 4, 14), ("WEAKEST_Q", 3, 12)]

        assert (await db.execute(others, {"member": keys[3]})).all() == [
            (of, "EVERYBODY", 3, 12),
            (of, "WEAKEST_Q", 3, 12),
        ]
        assert (await db.execute(others, {"member": keys[0]})).all() == [(of, "EVERYBODY", 3, 9)]
        for asker, found in ((people[1], 0), (people[0], 1)):  # with and without one would differ by what they said
            await settled(db, asker.actor)
            assert len((await db.execute(others, {"member": keys[0]})).all()) == found
        await settled(db, SYSTEM)

        await db.execute(said, {"member": keys[2], "of": of, "rating": 1, "groups": ["EVERYBODY", "WEAKEST_F"]})
        assert (await db.execute(groups)).all() == [("EVERYBODY", 4, 12), ("WEAKEST_F", 1, 1), ("WEAKEST_Q", 2, 9)]
        await db.execute(text("DELETE FROM members WHERE id = ANY(:ids)"), {"ids": keys[2:]})
        assert (await db.execute(groups)).all() == [("EVERYBODY", 2, 9), ("WEAKEST_Q", 2, 9)]
        await db.rollback()


@pytest.mark.parametrize("who", ["coach", "member", "system"])
async def test_asking_for_others_leaves_nothing_open(rows: Rows, who: str) -> None:
    async with rows.practice.as_actor(rows.actors[who]) as db:
        before = (await db.execute(text("SELECT current_setting('app.system', true)"))).scalar_one()
        await db.execute(text("SELECT * FROM ratings_of_others(:id, '{EVERYBODY}')"), {"id": rows.ids["member"]})
        assert (await db.execute(text("SELECT current_setting('app.system', true)"))).scalar_one() == before
