"""What a coach looks at, in the large demo: a dashboard of 50 members, and three years of a member week by week."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2

from app.context import Context
from app.demo import PASSWORD, load_demo, load_large_demo
from app.platform.settings import Settings
from app.services.coherence import load_starters
from benchmarks.common import Candidate, NoFigure, Sheet, comparison, in_turns, milliseconds, run
from benchmarks.practice import as_owner, practice_of_today
from tests.practice import Practice
from tests.server.serving import start_serving

ROUNDS, TIMES = 5, 10
GOAL_MS = 100
COACH = "coach1@large.example.com"

ROWS, WITH_RELATIONS, WORST = "50 members", "with sessions, coherence, elements", "ordered by coherence, filtered"
WEEKS, MONTHS, BARE = "156 weeks", "37 months", "the same rows, read by a bare query"
_FACTS = "member { fullName } engagementScore riskLevel openAlertCount openActionItemCount overdueActionItemCount"
_RELATED = (
    "lastSession { startsAt } nextSession { startsAt } coherence { total percentage pattern } elements { archetype }"
)
_DASHBOARD = (
    "query ($order: DashboardOrder!, $filter: DashboardMemberFilter) { clientDashboard(order: $order,"
    " filter: $filter, first: 50) { members { edges { node { %s } } } summary { memberCount meanCoherence } } }"
)
_SERIES = (
    "query ($member: ID!, $from: DateTime!, $to: DateTime!, $interval: Interval!) { coherenceSeries(memberId: $member,"
    " from: $from, to: $to, interval: $interval) { points { startsOn count mean { psi rho q f total percentage } } } }"
)
_MEMBER = "{ members(first: 1) { edges { node { id } } } }"
_LOG_IN = (
    "mutation ($email: EmailAddress!, $password: String!) {"
    " logIn(input: {email: $email, password: $password}) { ... on AuthSession { accessToken } } }"
)
_BARE = "SELECT psi, rho, q, f, total, percentage, calculated_at FROM coherence_scores WHERE member_id = $1"


async def measure(settings: Settings) -> list[Sheet]:
    async with practice_of_today(settings) as practice:
        context = Context(practice.house)
        began = time.perf_counter()
        async with practice.as_system() as db:
            await load_starters(db, now=practice.clock())
        await load_demo(context)
        await load_large_demo(context)
        loaded = time.perf_counter() - began
        async with asking(practice) as ask:
            sheets = [await dashboards(ask), await series(settings, ask)]
        sheets[0].notes.append(f"The large demo was loaded in {loaded:.0f} seconds: 500 members, 78,000 scores.")
        return sheets


Ask = Callable[..., Awaitable[Any]]


@asynccontextmanager
async def asking(practice: Practice) -> AsyncIterator[Ask]:
    """Over HTTP as the coach of 50 members, of a server on this event loop."""
    async with start_serving(practice.application) as served, served.client() as client:
        headers: dict[str, str] = {}

        async def ask(query: str, **variables: object) -> Any:
            asked = {"query": query, "variables": variables}
            return data_of(await client.post("/graphql", json=asked, headers=headers))

        session = (await ask(_LOG_IN, email=COACH, password=PASSWORD))["logIn"]
        headers["authorization"] = f"Bearer {session['accessToken']}"
        yield ask


def data_of(answer: httpx2.Response) -> Any:
    said = answer.json()
    if "errors" in said:
        raise NoFigure(str(said["errors"]))
    return said["data"]


async def dashboards(ask: Ask) -> Sheet:
    async def rows() -> object:
        return full(await ask(_DASHBOARD % _FACTS, order="NAME"))

    async def related() -> object:
        return full(await ask(_DASHBOARD % f"{_FACTS} {_RELATED}", order="NAME"))

    async def worst() -> object:
        wanted = {"coherenceBelow": 100, "engagementBelow": 100, "riskLevels": ["LOW", "MEDIUM", "HIGH"]}
        return full(await ask(_DASHBOARD % f"{_FACTS} {_RELATED}", order="LOWEST_COHERENCE", filter=wanted))

    figures = await in_turns({ROWS: repeated(rows), WITH_RELATIONS: repeated(related), WORST: repeated(worst)}, ROUNDS)
    sheet = comparison("The dashboard of 50 members over HTTP", "ms", figures, ROWS)
    sheet.notes.append(f"The goal is less than {GOAL_MS} ms.")
    return sheet


def full(data: Any) -> Any:
    if len(data["clientDashboard"]["members"]["edges"]) != 50:
        raise NoFigure("the dashboard does not show all 50 members")
    return data


async def series(settings: Settings, ask: Ask) -> Sheet:
    member = (await ask(_MEMBER))["members"]["edges"][0]["node"]["id"]
    until = datetime.now(UTC)
    time_asked = {"member": member, "from": (until - timedelta(weeks=160)).isoformat(), "to": until.isoformat()}

    async def weeks() -> object:
        return of_length(await ask(_SERIES, **time_asked, interval="WEEK"), 150)

    async def months() -> object:
        return of_length(await ask(_SERIES, **time_asked, interval="MONTH"), 36)

    async with as_owner(settings) as owner:
        member_id = await owner.fetchval("SELECT member_id FROM coherence_scores LIMIT 1")

        async def bare() -> object:
            return await owner.fetch(_BARE, member_id)

        candidates = {WEEKS: repeated(weeks), MONTHS: repeated(months), BARE: repeated(bare)}
        figures = await in_turns(candidates, ROUNDS)
    sheet = comparison("Three years of weekly scores over HTTP", "ms", figures, WEEKS)
    sheet.notes.append(f"The goal is less than {GOAL_MS} ms. The bare query goes to the database without a server.")
    return sheet


def of_length(data: Any, least: int) -> Any:
    if len(data["coherenceSeries"]["points"]) < least:
        raise NoFigure("the series is not whole")
    return data


def repeated(work: Callable[[], Awaitable[object]]) -> Candidate:
    return lambda: milliseconds(work, TIMES)


if __name__ == "__main__":
    run("coherence", measure)
