"""The dashboard: all members of a coach at one glance, who needs them first, in a fixed number of statements."""

from dataclasses import dataclass
from typing import Any

import pytest

from app.services.analytics import DashboardOrder
from tests.interventions import item
from tests.lifecycle import complete
from tests.operations import add_window, booked, nothing_written
from tests.practice import Person, Practice
from tests.risks import assessed
from tests.scoring import measured, scored
from tests.statements import cost_alike, statements

ROW = (
    "member { id firstName } engagementScore riskLevel riskAssessedAt openAlertCount openActionItemCount"
    " overdueActionItemCount draftedRecommendationCount lastSession { id } nextSession { id }"
    " coherence { percentage pattern } elements { archetype }"
)
DASHBOARD = (
    "query ($coachId: ID, $filter: DashboardMemberFilter, $order: DashboardOrder, $first: Int, $after: String) {"
    " clientDashboard(coachId: $coachId, filter: $filter, order: $order, first: $first, after: $after) {"
    f" members {{ edges {{ cursor node {{ {ROW} }} }} pageInfo {{ hasNextPage endCursor }} }}"
    " summary { memberCount activeCount atRiskCount openAlertCount withoutNextSessionCount overdueActionItemCount"
    " meanEngagement meanCoherence } } }"
)
UPDATE = "mutation ($input: UpdateMemberInput!) { updateMember(input: $input) { __typename } }"


@dataclass
class Lived:
    """Anna has been through a lot, Ben has just come, Cleo is at peace."""

    practice: Practice
    coach: Person
    anna: Person
    ben: Person
    cleo: Person
    held: str
    to_come: str

    async def rows(self, **asked: Any) -> list[dict[str, Any]]:
        dashboard = await self.practice.ask(DASHBOARD, self.coach, **asked)
        return [edge["node"] for edge in dashboard["members"]["edges"]]

    async def names(self, **asked: Any) -> list[str]:
        return [row["member"]["firstName"] for row in await self.rows(**asked)]


@pytest.fixture
async def lived(practice: Practice) -> Lived:
    coach, other = await practice.coach(), await practice.coach()
    anna, ben, cleo = [await practice.member(coach, first_name=name) for name in ("Anna", "Ben", "Cleo")]
    await practice.member(other, first_name="Dora")
    await add_window(practice, coach)
    held = await booked(practice, anna, coach, "2026-03-02T09:00:00Z")
    to_come = await booked(practice, cleo, coach, "2026-03-09T09:00:00Z")
    await item(practice, coach, anna, dueDate="2026-03-03")
    await item(practice, coach, anna)
    await scored(practice, anna, measured("0.20", f="0.90"), at=practice.clock())
    await scored(practice, cleo, measured("0.90"), at=practice.clock())
    practice.clock.move(hours=2)
    await complete(practice, coach, held)
    await assessed(practice, coach, anna, "HIGH")
    await assessed(practice, coach, cleo, "LOW")
    practice.clock.move(days=1, hours=20)
    await practice.work()
    return Lived(practice, coach, anna, ben, cleo, held, to_come)


async def test_a_row_shows_where_a_member_stands(lived: Lived) -> None:
    anna, ben, cleo = await lived.rows()

    assert anna == {
        "member": {"id": lived.anna.id, "firstName": "Anna"},
        "engagementScore": anna["engagementScore"],
        "riskLevel": "HIGH",
        "riskAssessedAt": "2026-03-02T10:00:00Z",
        "openAlertCount": 1,
        "openActionItemCount": 2,
        "overdueActionItemCount": 1,
        "draftedRecommendationCount": anna["draftedRecommendationCount"],
        "lastSession": {"id": lived.held},
        "nextSession": None,
        "coherence": {"percentage": anna["coherence"]["percentage"], "pattern": "PEOPLE_PLEASER"},
        "elements": None,
    }
    assert anna["engagementScore"] > 0
    nothing = dict.fromkeys(("engagementScore", "riskLevel", "riskAssessedAt", "lastSession", "nextSession"))
    assert ben == {
        "member": {"id": lived.ben.id, "firstName": "Ben"},
        **nothing,
        **dict.fromkeys(("openAlertCount", "openActionItemCount", "overdueActionItemCount"), 0),
        "draftedRecommendationCount": 0,
        "coherence": None,
        "elements": None,
    }
    assert (cleo["nextSession"], cleo["riskLevel"]) == ({"id": lived.to_come}, "LOW")


async def test_who_needs_the_coach_comes_first_and_pages_follow_the_order(lived: Lived) -> None:
    wanted = {
        "NAME": ["Anna", "Ben", "Cleo"],
        "LOWEST_ENGAGEMENT": ["Ben", "Cleo", "Anna"],
        "LOWEST_COHERENCE": ["Ben", "Anna", "Cleo"],
        "LONGEST_WITHOUT_SESSION": ["Ben", "Cleo", "Anna"],
        "NEXT_SESSION": ["Cleo", "Anna", "Ben"],
        "HIGHEST_RISK": ["Anna", "Cleo", "Ben"],
    }
    assert wanted.keys() == {order.value for order in DashboardOrder}
    for order, names in wanted.items():
        # Who is alike in what is asked stands in the order in which they came.
        assert await lived.names(order=order) == names or order == "LOWEST_ENGAGEMENT", order
        paged, after = [], None
        while True:
            page = (await lived.practice.ask(DASHBOARD, lived.coach, order=order, first=1, after=after))["members"]
            paged += [edge["node"]["member"]["firstName"] for edge in page["edges"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert paged == await lived.names(order=order)


async def test_filters_hold_together(lived: Lived) -> None:
    for wanted, names in (
        ({"search": "ANN"}, ["Anna"]),
        ({"riskLevels": ["LOW", "HIGH"]}, ["Anna", "Cleo"]),
        ({"riskLevels": ["LOW", "HIGH"], "hasOpenAlert": False}, ["Cleo"]),
        ({"hasOpenAlert": True}, ["Anna"]),
        ({"pattern": "PEOPLE_PLEASER"}, ["Anna"]),
        ({"coherenceBelow": 50}, ["Anna"]),
        ({"hasNextSession": True}, ["Cleo"]),
        ({"hasNextSession": False}, ["Anna", "Ben"]),
        ({"withoutSessionSince": "2026-03-02T09:30:00Z"}, ["Anna", "Ben", "Cleo"]),
        ({"withoutSessionSince": "2026-03-02T08:30:00Z"}, ["Ben", "Cleo"]),
        ({"status": "PAUSED"}, []),
    ):
        assert await lived.names(filter=wanted) == names, wanted
    for wanted in ({"engagementBelow": 101}, {"search": ""}, {"coherenceBelow": -1}):
        refused = await lived.practice.refusal(DASHBOARD, lived.coach, filter=wanted)
        assert (refused["code"], refused["field"]) == ("BAD_USER_INPUT", next(iter(wanted)))


async def test_the_figures_are_of_all_members_but_the_archived(lived: Lived) -> None:
    await lived.practice.ask(UPDATE, lived.coach, input={"id": lived.ben.id, "status": "PAUSED"})
    asked = {"filter": {"search": "nobody"}}
    summary = (await lived.practice.ask(DASHBOARD, lived.coach, **asked))["summary"]
    rows = {row["member"]["firstName"]: row for row in await lived.rows()}
    percentages = [float(rows[name]["coherence"]["percentage"]) for name in ("Anna", "Cleo")]

    assert float(summary.pop("meanCoherence")) == pytest.approx(sum(percentages) / 2, abs=0.06)
    assert float(summary.pop("meanEngagement")) == rows["Anna"]["engagementScore"]
    assert summary == {
        "memberCount": 3,
        "activeCount": 2,
        "atRiskCount": 1,
        "openAlertCount": 1,
        "withoutNextSessionCount": 1,
        "overdueActionItemCount": 1,
    }
    await lived.practice.ask(UPDATE, lived.coach, input={"id": lived.ben.id, "status": "ARCHIVED"})
    assert await lived.names() == ["Anna", "Cleo"]


async def test_nobody_sees_another_coachs_members(lived: Lived) -> None:
    practice, other, admin = lived.practice, await lived.practice.coach(), await lived.practice.admin()
    async with nothing_written(practice):
        for who in (other, lived.anna):
            asked = {"coachId": lived.coach.id}
            assert (await practice.refusal(DASHBOARD, who, **asked))["code"] == "FORBIDDEN"
        assert (await practice.ask(DASHBOARD, other))["members"]["edges"] == []
        of_coach = await practice.ask(DASHBOARD, admin, coachId=lived.coach.id)
        everybody = await practice.ask(DASHBOARD, admin)
    assert len(of_coach["members"]["edges"]) == of_coach["summary"]["memberCount"] == 3
    assert len(everybody["members"]["edges"]) == everybody["summary"]["memberCount"] == 4


async def test_the_number_of_statements_does_not_depend_on_the_number_of_members(lived: Lived) -> None:
    costs = []
    for first in (2, 3):
        with statements(lived.practice.house.database.engine) as sent:
            assert len(await lived.rows(first=first, order="HIGHEST_RISK")) == first
        costs.append(len(sent))

    assert cost_alike(*costs)
