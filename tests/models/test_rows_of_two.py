"""Rows that belong to two people, and columns that are not their owner's to write, straight at the tables."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from app.platform.settings import Settings
from tests.models.small_practice import SmallPractice, refused_with
from tests.practice import MovableClock, Practice

SESSION = (
    "INSERT INTO sessions (id, coach_id, member_id, member_name, starts_at, ends_at, kind, format, status, version)"
    " VALUES (gen_random_uuid(), CAST(:coach AS uuid), CAST(:member AS uuid), 'A', '2026-03-09 09:00Z',"
    " '2026-03-09 10:00Z', 'REGULAR', 'INDIVIDUAL', 'CANCELLED', 1)"
)
BOOKING = (
    "INSERT INTO bookings (id, coach_id, member_id, starts_at, status, reason) VALUES (gen_random_uuid(),"
    " CAST(:coach AS uuid), CAST(:member AS uuid), '2026-03-09 09:00Z', 'REJECTED', 'FULL')"
)
CHANGE = (
    "INSERT INTO session_changes (id, session_id, coach_id, member_id, version, kind)"
    " SELECT gen_random_uuid(), CAST(:session AS uuid), CAST(:coach AS uuid), CAST(:member AS uuid), 9, 'CANCELLED'"
)


@pytest.fixture(scope="module")
async def small(settings: Settings) -> AsyncIterator[SmallPractice]:
    async with Practice.opened(settings, MovableClock()) as practice:
        yield await SmallPractice.made_in(practice)


async def _refused(small: SmallPractice, who: str, statement: str, coach: str = "one", member: str = "anna") -> bool:
    """Whether the database refuses, by whatever rule, or finds no row to change."""
    foreign = await small.practice.rows("SELECT id FROM sessions WHERE member_name = :n", n=_full_name(small, "carl"))
    values = {"coach": small.coach_id(coach), "member": small.member_id(member), "session": str(foreign[0][0])}
    used = {name: value for name, value in values.items() if f":{name}" in statement}
    async with small.practice.as_actor(small.actor(who)) as db:
        if await refused_with(db, statement, **used) is not None:
            return True
        touched: int = (await db.execute(text(statement), used)).rowcount
        await db.rollback()
        return touched == 0


def _full_name(small: SmallPractice, name: str) -> str:
    member = small.people[name].member
    assert member is not None
    return member.full_name


@pytest.mark.parametrize("statement", [SESSION, BOOKING], ids=["session", "booking"])
@pytest.mark.parametrize(
    ("who", "coach", "member"),
    [
        ("one", "one", "carl"),  # a coach with a member who is not theirs
        ("anna", "other", "anna"),  # a member in a calendar that was not opened to them
        ("one", "other", "anna"),
        ("anna", "one", "ben"),
        ("stranger", "one", "anna"),
    ],
)
async def test_nobody_puts_a_row_between_themselves_and_whom_they_have_no_part_in(
    small: SmallPractice, who: str, coach: str, member: str, statement: str
) -> None:
    assert await _refused(small, who, statement, coach, member)


@pytest.mark.parametrize(("who", "coach", "member"), [("one", "one", "anna"), ("anna", "one", "anna")])
async def test_nobody_adds_to_the_history_of_a_session_that_is_not_theirs(
    small: SmallPractice, who: str, coach: str, member: str
) -> None:
    assert await _refused(small, who, CHANGE, coach, member), "the history of carl's session with the other coach"


@pytest.mark.parametrize(
    ("who", "statement", "coach", "member"),
    [
        ("one", "UPDATE sessions SET member_id = CAST(:member AS uuid) WHERE status = 'CANCELLED'", "one", "carl"),
        ("cleo", "UPDATE sessions SET coach_id = CAST(:coach AS uuid) WHERE status = 'CANCELLED'", "other", "cleo"),
        ("one", "UPDATE sessions SET coach_id = CAST(:coach AS uuid) WHERE status = 'CANCELLED'", "other", "cleo"),
        ("one", "UPDATE members SET coach_id = CAST(:coach AS uuid)", "other", "anna"),
        ("one", "UPDATE availability_windows SET coach_id = CAST(:coach AS uuid)", "other", "anna"),
    ],
)
async def test_nobody_hands_a_row_to_somebody_else(
    small: SmallPractice, who: str, statement: str, coach: str, member: str
) -> None:
    assert await _refused(small, who, statement, coach, member)


@pytest.mark.parametrize("who", ["anna", "one"])
async def test_nobody_makes_themselves_an_admin(small: SmallPractice, who: str) -> None:
    assert await _refused(small, who, "UPDATE users SET role = 'ADMIN'")


async def test_no_member_gives_themselves_another_coach(small: SmallPractice) -> None:
    """It would open that coach's calendar, and put the member among that coach's own."""
    assert await _refused(small, "anna", "UPDATE members SET coach_id = CAST(:coach AS uuid)", coach="other")


@pytest.mark.parametrize(
    ("who", "statement"),
    [
        # Whoever asks, a coach's members and ratings are counted, not said.
        ("one", "UPDATE coaches SET rating_sum = rating_count * 5"),
        ("one", "UPDATE coaches SET rating_count = 0, rating_sum = 0"),
        ("one", "UPDATE coaches SET member_count = 0"),
        ("admin", "UPDATE coaches SET rating_sum = rating_count"),
        ("one", "UPDATE session_ratings SET stars = 5"),
        ("one", "DELETE FROM session_ratings"),
        ("carl", "DELETE FROM session_ratings"),
        ("carl", "UPDATE session_ratings SET created_at = created_at - interval '1 hour'"),
        ("carl", "UPDATE session_ratings SET updated_at = created_at + interval '25 hours'"),
        ("carl", "UPDATE session_ratings SET coach_id = CAST(:coach AS uuid)"),
        ("carl", "UPDATE session_ratings SET member_coach_id = CAST(:coach AS uuid)"),
        ("carl", "UPDATE session_ratings SET session_id = gen_random_uuid()"),
    ],
)
async def test_nobody_makes_a_rating_say_something_else(small: SmallPractice, who: str, statement: str) -> None:
    assert await _refused(small, who, statement)


@pytest.mark.parametrize(
    ("who", "statement"),
    [
        ("one", "UPDATE session_plans SET session_id = gen_random_uuid()"),
        ("one", "UPDATE plan_items SET plan_id = gen_random_uuid()"),
        ("one", "UPDATE plan_items SET is_shared = true"),
        ("other", "UPDATE session_plans SET coach_id = CAST(:coach AS uuid)"),
        ("other", "UPDATE session_plans SET member_id = CAST(:member AS uuid)"),
        ("other", "UPDATE session_plans SET member_coach_id = CAST(:coach AS uuid)"),
        ("other", "UPDATE plan_items SET member_coach_id = CAST(:coach AS uuid)"),
        ("other", "UPDATE plan_templates SET coach_id = CAST(:coach AS uuid)"),
        ("carl", "UPDATE session_plans SET notes = 'Mine'"),
        ("carl", "UPDATE plan_items SET title = 'Mine'"),
        ("anna", "UPDATE session_plans SET is_shared = true, shared_at = now()"),
        ("carl", "DELETE FROM session_plans"),
        (
            "one",
            "INSERT INTO plan_items (id, plan_id, coach_id, member_id, is_shared, rank, title, created_at, updated_at)"
            " SELECT gen_random_uuid(), p.id, CAST(:coach AS uuid), p.member_id, true, 'i', 'Mine', now(), now()"
            " FROM session_plans p",
        ),
    ],
)
async def test_nobody_shares_or_moves_a_plan_past_its_rules(small: SmallPractice, who: str, statement: str) -> None:
    assert await _refused(small, who, statement)
