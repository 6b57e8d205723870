"""A page takes as many statements however long it is, whatever is asked of its rows."""

from tests.holding import ENTRIES, HOLDS, NINE, held, joined, open_coach
from tests.lifecycle import PERMITTED
from tests.operations import NOTE, PLAN, RATING, add_window, booked, cancelled, completed, nodes, noted, planned, rated
from tests.practice import Person, Practice
from tests.services.scheduling.repeating import booked_series
from tests.statements import cost_alike, cost_of_page

WHOLE = (
    "query ($first: Int) { sessions(first: $first) { edges { node {"
    f" id status freeCancellationUntil {PERMITTED}"
    " coach { id user { email } } member { id coach { id } user { email } } history { kind changedBy }"
    f" notes {{ {NOTE} session {{ id }} }} rating {{ {RATING} session {{ id }} }}"
    f" plan {{ {PLAN} items {{ plan {{ id }} }} }}"
    " series { id coach { id } member { id } sessions { id history { kind } } } } } } }"
)


async def test_a_page_of_sessions_takes_as_many_statements_whatever_its_length(practice: Practice) -> None:
    admin = await practice.admin()
    for _ in range(5):
        coach = await practice.coach()
        await add_window(practice, coach, seats=5)
        for member in await practice.members(5, coach):
            for session_id in await booked_series(practice, member, coach, NINE, 2):
                await lived_through(practice, coach, member, session_id)
    practice.application.keys.forget()
    short = await cost_of_page(practice, WHOLE, admin, 2)
    practice.application.keys.forget()
    long = await cost_of_page(practice, WHOLE, admin, 50)

    assert (short[0], long[0]) == (2, 50)
    assert cost_alike(short[1], long[1])
    for session in await nodes(practice, WHOLE, admin, first=50):
        relations = ("coach", "member", "history", "notes", "rating", "plan", "series")
        assert all(session[name] for name in relations), session
        assert len(session["notes"]) == len(session["plan"]["items"]) == 2


async def lived_through(practice: Practice, coach: Person, member: Person, session_id: str) -> None:
    """Planned, held, noted by both, and rated."""
    await planned(practice, coach, session_id, "Begin", "End")
    await completed(practice, session_id)
    await noted(practice, coach, session_id, "Went well")
    await noted(practice, member, session_id, "I think so too")
    await rated(practice, member, session_id, 5)


async def test_a_page_of_those_who_wait_takes_as_many_statements_whatever_its_length(practice: Practice) -> None:
    coach = await open_coach(practice, seats=10, max_members=30)
    sessions = [await booked(practice, member, coach, NINE) for member in await practice.members(10, coach)]
    for member in await practice.members(20, coach):
        await joined(practice, member, coach)
    by = await practice.admin()
    for session_id in sessions:
        await cancelled(practice, by, session_id)

    short, long = await cost_of_page(practice, ENTRIES, coach, 2), await cost_of_page(practice, ENTRIES, coach, 20)

    assert (short[0], long[0]) == (2, 20)
    assert cost_alike(short[1], long[1])
    found = await nodes(practice, ENTRIES, coach, first=20)
    assert [entry["hold"] is not None for entry in found] == [True] * 10 + [False] * 10
    assert [entry["position"] for entry in found] == [None] * 10 + list(range(1, 11))


async def test_a_page_of_holds_takes_as_many_statements_whatever_its_length(practice: Practice) -> None:
    coach = await open_coach(practice, seats=20, max_members=20)
    for member in await practice.members(20, coach):
        await held(practice, member, coach)

    short, long = await cost_of_page(practice, HOLDS, coach, 2), await cost_of_page(practice, HOLDS, coach, 20)

    assert (short[0], long[0]) == (2, 20)
    assert cost_alike(short[1], long[1])


async def test_a_page_of_members_takes_as_many_statements_whatever_its_length(practice: Practice) -> None:
    admin = await practice.admin()
    for _ in range(4):
        await practice.members(5, await practice.coach())
    query = (
        "query ($first: Int) { members(first: $first) { edges { node { id coach { id } user { email }"
        " assignments { startedAt coach { id } } } } } }"
    )

    short, long = await cost_of_page(practice, query, admin, 2), await cost_of_page(practice, query, admin, 20)

    assert (short[0], long[0]) == (2, 20)
    assert cost_alike(short[1], long[1])


async def test_a_page_of_coaches_takes_as_many_statements_whatever_its_length(practice: Practice) -> None:
    admin = await practice.admin()
    for _ in range(20):
        await add_window(practice, await practice.coach())
    query = (
        "query ($first: Int) { coaches(first: $first) { edges { node { id memberCount user { email }"
        " availabilityWindows { id coach { id } } timeOff { id } } } } }"
    )

    short, long = await cost_of_page(practice, query, admin, 2), await cost_of_page(practice, query, admin, 20)

    assert (short[0], long[0]) == (2, 20)
    assert cost_alike(short[1], long[1])
