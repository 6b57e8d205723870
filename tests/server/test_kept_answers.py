"""Kept answers on the wire: the same bytes over HTTP and on websockets, and never an old one."""

import orjson

from app.api import schema
from tests.operations import AVAILABLE, add_window, booked
from tests.practice import Practice
from tests.server.serving import Served, Socket

NINE, TEN, ELEVEN = (f"2026-03-02T{hour:02}:00:00Z" for hour in (9, 10, 11))


async def test_both_transports_answer_the_same_and_see_a_booking_at_once(practice: Practice, served: Served) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    booking, looking = await practice.members(2, coach)
    variables = {"coachId": coach.id, "from": "2026-03-02T00:00:00Z", "to": "2026-03-09T00:00:00Z"}

    async with (
        served.client(looking.token) as client,
        Socket.connected(served.ws_url, looking.token) as ws,
    ):

        async def bookable() -> list[str]:
            body = {"query": AVAILABLE, "variables": variables}
            over_http = [await client.post("/graphql", json=body) for _ in range(2)]
            on_socket = [await ws.execute(AVAILABLE, variables) for _ in range(2)]
            assert over_http[0].content == over_http[1].content
            assert [orjson.loads(over_http[0].content)] * 2 == on_socket
            return [slot["startsAt"] for slot in on_socket[0]["data"]["availableSlots"]["slots"]]

        before = await bookable()
        await booked(practice, booking, coach, NINE)

        assert (before, await bookable()) == ([NINE, TEN, ELEVEN], [TEN, ELEVEN])


async def test_an_answer_that_is_kept_is_nobodys_who_may_not_look(practice: Practice, served: Served) -> None:
    coach, other_coach = await practice.coach(), await practice.coach()
    await add_window(practice, coach)
    own, foreign = await practice.member(coach), await practice.member(other_coach)
    variables = {"coachId": coach.id, "from": "2026-03-02T00:00:00Z", "to": "2026-03-09T00:00:00Z"}
    body = {"query": AVAILABLE, "variables": variables}

    answers = {}
    for name, token in (("own", own.token), ("foreign", foreign.token), ("stranger", None), ("own again", own.token)):
        async with served.client(token) as client:
            answers[name] = orjson.loads((await client.post("/graphql", json=body)).content)

    assert answers["own"] == answers["own again"]
    for name in ("foreign", "stranger"):
        assert answers[name]["data"] is None
        assert [error["extensions"]["code"] for error in answers[name]["errors"]] == ["FORBIDDEN"]
    assert len(schema.kept) >= 1 or not schema.compiled
