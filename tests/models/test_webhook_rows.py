"""Webhooks straight at the tables: whose they are, how many, and what of them stays as it is."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from app.platform.settings import Settings
from tests.models.small_practice import SmallPractice, refused_with
from tests.practice import MovableClock, Practice

ADD = (
    "INSERT INTO webhook_endpoints (id, coach_id, url, is_enabled, sealed_secret, created_at, updated_at)"
    " SELECT gen_random_uuid(), CAST(:coach AS uuid), 'https://x', true, '\\x01', now(), now()"
    " FROM generate_series(1, :count)"
)


@pytest.fixture(scope="module")
async def small(settings: Settings) -> AsyncIterator[SmallPractice]:
    async with Practice.opened(settings, MovableClock()) as practice:
        yield await SmallPractice.made_in(practice)


@pytest.mark.parametrize("who", ["one", "admin"])
async def test_an_owner_has_at_most_20_endpoints(small: SmallPractice, who: str) -> None:
    coach = small.coach_id("one") if who == "one" else None
    async with small.practice.as_actor(small.actor(who)) as db:
        assert await refused_with(db, ADD, coach=coach, count=19) is None
        assert await refused_with(db, ADD, coach=coach, count=20) == "23514"


async def test_a_coach_adds_none_for_another_nor_for_the_practice(small: SmallPractice) -> None:
    async with small.practice.as_actor(small.actor("one")) as db:
        for coach in (small.coach_id("other"), None):
            assert await refused_with(db, ADD, coach=coach, count=1) == "42501"


@pytest.mark.parametrize(
    ("statement", "state"),
    [
        ("UPDATE webhook_endpoints SET coach_id = NULL", "42501"),
        ("UPDATE webhook_endpoints SET created_at = now() - interval '1 day'", "42501"),
        ("UPDATE webhook_endpoints SET sealed_secret = 'whsec_plain'", "23514"),
        ("UPDATE webhook_endpoints SET sealed_previous_secret = '\\x01'", "23514"),
        ("UPDATE webhook_endpoints SET is_enabled = false", "23514"),
        ("UPDATE webhook_endpoints SET event_types = '[]'", "23514"),
        ('UPDATE webhook_messages SET payload = \'{"type": "other"}\'', "42501"),
        ("UPDATE webhook_messages SET webhook_id = 'msg_2'", "42501"),
        ("UPDATE webhook_messages SET status = 'FAILED'", "23514"),
        ("UPDATE webhook_messages SET is_waiting = true", "23514"),
        ("UPDATE webhook_messages SET due_at = now()", "23514"),
        ("UPDATE webhook_attempts SET status_code = NULL", "23514"),
    ],
)
async def test_what_was_said_stays_said_for_the_system_too(small: SmallPractice, statement: str, state: str) -> None:
    async with small.practice.as_system() as db:
        assert await refused_with(db, statement) == state


async def test_a_message_is_its_endpoints_whatever_is_said(small: SmallPractice) -> None:
    said = (
        "INSERT INTO webhook_messages (id, endpoint_id, coach_id, webhook_id, event_type, payload, status, round,"
        " tries, attempt_count, is_waiting, created_at) SELECT gen_random_uuid(), id, CAST(:other AS uuid), 'msg_9',"
        " 'x', '{}', 'DELIVERED', 1, 0, 0, false, now() FROM webhook_endpoints WHERE coach_id = CAST(:one AS uuid)"
        " RETURNING coach_id::text"
    )
    values = {"one": small.coach_id("one"), "other": small.coach_id("other")}
    async with small.practice.as_system() as db:
        savepoint = await db.begin_nested()
        assert (await db.execute(text(said), values)).scalar_one() == small.coach_id("one")
        await savepoint.rollback()
