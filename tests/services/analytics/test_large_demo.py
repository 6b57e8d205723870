"""The large demo, made small: each member has a history, and the dashboard of each coach shows it."""

import pytest

from app.demo import large, load_demo, load_large_demo
from app.platform.paging import PageRequest
from app.services import analytics as analytics_service
from app.services.analytics import DashboardFilter, DashboardOrder
from tests.assessing import starters
from tests.interventions import add_library
from tests.practice import Practice


async def test_the_large_demo_is_added_once_and_every_member_has_a_history(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large, "COACHES", 1)
    monkeypatch.setattr(large, "MEMBERS_OF_A_COACH", 10)
    monkeypatch.setattr(large, "WEEKS", 6)
    await add_library(practice)
    await starters(practice)
    await load_demo(practice.context())

    assert await load_large_demo(practice.context())
    assert not await load_large_demo(practice.context())

    context = practice.context()
    context.actor = await large.log_in(context, "coach1@large.example.com")
    dashboard = await context.read(
        analytics_service.read_dashboard,
        coach_id=None,
        wanted=DashboardFilter.read(),
        order=DashboardOrder.NAME,
        page=PageRequest(100),
        now=practice.clock(),
    )
    rows = dashboard.page.rows
    assert len(rows) == 10
    assert all(row.engagement_score and row.risk_level and row.open_action_item_count for row in rows)
    assert all(row.last_session_id and row.coherence_score_id and row.elemental_balance_id for row in rows)
    scores = await practice.rows(
        "SELECT count(*) FROM coherence_scores s JOIN members m ON m.id = s.member_id"
        " JOIN users u ON u.id = m.user_id WHERE u.email LIKE '%@large.example.com'"
    )
    assert scores == [(60,)]
