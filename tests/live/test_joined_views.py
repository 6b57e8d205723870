"""Views over real websockets, which join others of their range: none is told twice, none is left out, none is wrong."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.api import schema
from app.live.ranges import Range
from app.wire.sockets.conversation import SocketLimits
from app.wire.uvicorn_websocket import GoingAwayWebSocket
from tests.live.stalled import Stalled
from tests.live.views import WATCH, View, version_of, watching
from tests.operations import UPDATE_COACH, add_window, booked
from tests.practice import Person, Practice
from tests.server.serving import Operation, Served, Socket, start_serving

NINE, TEN, ELEVEN = "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z"
WEEK = ("2026-03-02T00:00:00Z", "2026-03-09T00:00:00Z")
QUARTER = ("2026-03-02T00:00:00Z", "2026-06-01T00:00:00Z")


@pytest.fixture
async def served(practice: Practice) -> AsyncIterator[Served]:
    async with start_serving(practice.application) as served:
        yield served


class Watching(View):
    """A view on a websocket of its own."""

    operation: Operation

    async def follow(self) -> None:
        """Until it is cancelled, or ended by the server."""
        while True:
            try:
                payload = await self.operation.next(60.0)
            except AssertionError:  # it was completed
                return
            async with self.changed:
                if payload.get("errors"):
                    self.errors += payload["errors"]
                else:
                    self.apply(payload["data"]["slotAvailability"])
                self.changed.notify_all()


@asynccontextmanager
async def joined(served: Served, who: Person | None, coach: Person) -> AsyncIterator[Watching]:
    view = Watching()
    async with Socket.connected(served.ws_url, who.token if who else None) as ws:
        asked = {"coachId": coach.id, "from": WEEK[0], "to": WEEK[1]}
        view.operation = await ws.subscribe(WATCH, asked)
        following = asyncio.create_task(view.follow())
        try:
            await view.reaches(0)
            yield view
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)


def ranges(practice: Practice) -> list[Range]:
    return practice.house.live._ranges()


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.005)


async def all_have_joined(practice: Practice, count: int) -> None:
    await until(lambda: sum(len(each.joined) for each in ranges(practice)) == count)


async def test_a_joined_view_follows(practice: Practice, served: Served) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    async with joined(served, coach, coach) as view, joined(served, member, coach) as other:
        await all_have_joined(practice, 2)
        await booked(practice, member, coach, NINE)
        await asyncio.gather(view.reaches(2), other.reaches(2))

        assert view.bookable == other.bookable == [TEN, ELEVEN]
        assert practice.house.live.open_views == 2
    await until(lambda: practice.house.live.open_views == 0)


async def test_who_joins_while_bookings_stream_misses_nothing_and_hears_nothing_twice(
    practice: Practice, served: Served
) -> None:
    coach = await practice.coach(max_members=40)
    await add_window(practice, coach, start="00:00", end="23:00", seats=2, day="TUESDAY")
    members = await practice.members(24, coach)

    class Noting(Watching):
        def apply(self, message: dict[str, Any]) -> None:
            super().apply(message)
            versions[self].append(message["version"])

    versions: dict[Watching, list[int]] = {}
    progress = {"booked": 0, "joined": 0}

    async with AsyncExitStack() as stack:
        views: list[Watching] = []

        async def join(number: int) -> None:
            while progress["booked"] < number // 2:  # noqa: ASYNC110 - joins and bookings go side by side
                await asyncio.sleep(0.005)
            view = Noting()
            versions[view] = []
            ws = await stack.enter_async_context(Socket.connected(served.ws_url, coach.token))
            view.operation = await ws.subscribe(WATCH, {"coachId": coach.id, "from": WEEK[0], "to": WEEK[1]})
            following = asyncio.create_task(view.follow())
            stack.callback(following.cancel)
            views.append(view)
            await view.reaches(0)
            progress["joined"] += 1

        async def book() -> None:
            for number, member in enumerate(members):
                while progress["joined"] < number - 2:  # noqa: ASYNC110 - however slow either is
                    await asyncio.sleep(0.005)
                progress["booked"] = number
                await booked(practice, member, coach, f"2026-03-03T{number % 23:02}:00:00Z")

        await asyncio.gather(book(), *(join(number) for number in range(40)))
        final = await version_of(practice, coach)
        await asyncio.gather(*(view.reaches(final) for view in views))
        async with watching(practice, coach, coach, *WEEK) as fresh:
            assert all(view.slots == fresh.slots for view in views)
        seen = [versions[view] for view in views]

    assert len({each[0] for each in seen}) > 3, "they joined at different versions"
    for each in seen:
        assert each == sorted(set(each)), "a version was told twice"


class Place:
    """Where a joined view is shown results."""

    def __init__(self) -> None:
        self.taken: list[int] = []

    def take(self, payload: bytes) -> bool:
        self.taken.append(json.loads(payload)["data"]["slotAvailability"]["version"])
        return True

    def end(self, payload: bytes) -> None:
        raise AssertionError(payload)


async def test_who_joins_behind_the_others_is_told_what_they_know(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    asked = {"coachId": coach.id, "from": WEEK[0], "to": WEEK[1]}
    streams = [
        await schema.stream(WATCH, variable_values=asked, context_value=practice.context(coach)) for _ in range(2)
    ]
    ahead, behind = Place(), Place()
    first, second = [await anext(stream) for stream in streams]
    members = [first.join(ahead)]
    version = await _changed(practice, coach)
    await until(lambda: ahead.taken == [version])

    members.append(second.join(behind))
    await until(lambda: behind.taken == [version])
    await _changed(practice, coach)
    await until(lambda: len(behind.taken) == 2)
    assert ahead.taken == behind.taken == [version, version + 1]

    for stream, member in zip(streams, members, strict=True):
        await stream.aclose()
        member.leave()
    assert practice.house.live.open_views == 0


async def test_members_who_join_one_after_the_other_do_not_make_the_calendar_be_read_again(
    practice: Practice, served: Served
) -> None:
    coach = await practice.coach()
    members = await practice.members(6, coach)
    await add_window(practice, coach)
    readings = practice.house.live.readings

    async with AsyncExitStack() as stack:
        for member in members:
            await stack.enter_async_context(joined(served, member, coach))
        assert practice.house.live.readings == readings + 1

        views = [await stack.enter_async_context(joined(served, members[0], coach)) for _ in range(2)]
        await booked(practice, members[0], coach, NINE)
        await asyncio.gather(*(view.reaches(2) for view in views))
        assert practice.house.live.readings == readings + 2


async def test_the_right_to_see_is_asked_of_each_joined_view_again(practice: Practice, served: Served) -> None:
    coach = await practice.coach(booking_audience="PUBLIC")
    member = await practice.member(coach)
    await add_window(practice, coach)
    async with (
        joined(served, None, coach) as strangers,
        joined(served, member, coach) as members,
        joined(served, coach, coach) as own,
    ):
        await all_have_joined(practice, 3)
        await practice.ask(UPDATE_COACH, coach, input={"id": coach.id, "bookingAudience": "ASSIGNED"})
        await asyncio.gather(*(view.reaches(2) for view in (strangers, members, own)))

        assert [error["extensions"]["code"] for error in strangers.errors] == ["FORBIDDEN"]
        assert (members.errors, own.errors) == ([], [])
        assert members.version == own.version == 2


async def _changed(practice: Practice, coach: Person) -> int:
    """A version more, by another process, which hints at it."""
    assert coach.coach is not None
    raised = "UPDATE coach_calendars SET version = version + 1 WHERE coach_id = :c RETURNING version"
    ((version,),) = await practice.rows(raised, c=coach.coach.id)
    practice.house.live.tell(coach.coach.id, version)
    return int(version)


async def test_a_joined_view_does_not_outlive_its_access_token(practice: Practice, served: Served) -> None:
    coach = await practice.coach(booking_audience="PUBLIC")
    await add_window(practice, coach)
    async with joined(served, coach, coach) as view, joined(served, None, coach) as strangers:
        await all_have_joined(practice, 2)
        practice.clock.move(minutes=15)
        version = await _changed(practice, coach)
        await asyncio.gather(view.reaches(version), strangers.reaches(version))

        assert [error["extensions"]["code"] for error in view.errors] == ["UNAUTHENTICATED"]
        assert (view.version, strangers.version) == (1, version)
        assert not strangers.errors


async def test_no_other_view_outlives_its_access_token_either(practice: Practice) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    context = practice.context(coach)
    context.actor_until = practice.clock() + timedelta(minutes=15)
    asked = {"coachId": coach.id, "from": WEEK[0], "to": WEEK[1]}
    stream = await schema.stream(WATCH, variable_values=asked, context_value=context)
    assert (await anext(stream)).data["slotAvailability"]["version"] == 1

    practice.clock.move(minutes=15)
    await _changed(practice, coach)

    (error,) = (await anext(stream)).errors
    assert error.extensions["code"] == "UNAUTHENTICATED"
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_a_version_that_nobody_wrote_changes_nothing(practice: Practice, served: Served) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    assert coach.coach is not None
    async with joined(served, coach, coach) as view:
        await all_have_joined(practice, 1)
        readings = practice.house.live.readings
        await practice.application.bus.publish(f"calendar:{coach.coach.id}", "9999999999")
        await until(lambda: practice.house.live.readings == readings + 1)

        version = await _changed(practice, coach)
        await view.reaches(version)
        assert (view.version, view.messages) == (version, 2)
        assert practice.house.live.readings == readings + 2


async def test_after_a_database_was_restored_views_get_its_state_as_a_snapshot(
    practice: Practice, served: Served
) -> None:
    coach = await practice.coach()
    await add_window(practice, coach)
    assert coach.coach is not None
    async with Socket.connected(served.ws_url, coach.token) as ws:
        view = await ws.subscribe(WATCH, {"coachId": coach.id, "from": WEEK[0], "to": WEEK[1]})
        await view.next()
        await _changed(practice, coach)
        assert (await view.next())["data"]["slotAvailability"]["version"] == 2
        await practice.rows("UPDATE coach_calendars SET version = 1 WHERE coach_id = :c RETURNING 1", c=coach.coach.id)
        await practice.house.live._compare([coach.coach.id])

        restored = (await view.next())["data"]["slotAvailability"]
        assert (restored["version"], restored["isSnapshot"], len(restored["slots"])) == (1, True, 3)


async def test_time_moves_joined_views_at_the_moment_it_does(practice: Practice, served: Served) -> None:
    coach = await practice.coach(min_notice_minutes=30, booking_audience="PUBLIC")
    await add_window(practice, coach)
    practice.clock.now = datetime(2026, 3, 2, 8, 29, 59, 900_000, UTC)
    async with joined(served, None, coach) as view:
        assert view.bookable == [NINE, TEN, ELEVEN]
        practice.clock.move(seconds=1)  # which the server does not see until it looks
        async with asyncio.timeout(5), view.changed:
            await view.changed.wait_for(lambda: view.messages == 2)

        assert view.bookable == [TEN, ELEVEN]


# Who does not keep up


@asynccontextmanager
async def stalled(served: Served, who: Person, coach: Person) -> AsyncIterator[tuple[Stalled, GoingAwayWebSocket]]:
    """A view that has joined and stopped reading, and the server's end of it."""
    async with Stalled.opened(served.port, who.token) as client:
        (protocol,) = (each for each in _protocols(served) if each.client == client.address)
        await client.watch(coach.id, *WEEK)
        assert protocol.outlet is not None
        outlet = protocol.outlet
        await until(lambda: outlet.drained is not None)
        for number in range(90):
            await client.ask_for_much(number, coach.id, *QUARTER)
            await asyncio.sleep(0.005)
            if outlet.is_behind:
                break
        await until(lambda: outlet.is_behind)
        yield client, protocol


def _protocols(served: Served) -> list[GoingAwayWebSocket]:
    return [each for each in served.server.server_state.connections if isinstance(each, GoingAwayWebSocket)]


async def test_who_stalls_holds_up_nobody_and_is_told_the_newest_when_it_reads_again(
    practice: Practice, served: Served
) -> None:
    coach = await practice.coach(max_members=40)
    await add_window(practice, coach, start="00:00", end="23:00", seats=2)
    await add_window(practice, coach, start="00:00", end="23:00", seats=2, day="TUESDAY")
    await add_window(practice, coach, start="00:00", end="23:00", seats=2, day="WEDNESDAY")
    members = await practice.members(5, coach)
    async with AsyncExitStack() as stack:
        others = [await stack.enter_async_context(joined(served, coach, coach)) for _ in range(20)]
        client, protocol = await stack.enter_async_context(stalled(served, coach, coach))
        before = protocol.transport.get_write_buffer_size()
        for number, member in enumerate(members):
            await booked(practice, member, coach, f"2026-03-03T{number:02}:00:00Z")
            final = await version_of(practice, coach)
            await asyncio.gather(*(view.reaches(final) for view in others))
        assert protocol.transport.get_write_buffer_size() <= before, "nothing is written to who does not read"

        told: list[dict[str, Any]] = []
        while not told:
            message = await client.message()
            if message["id"] == "view":
                told.append(message["payload"]["data"]["slotAvailability"])

    assert [each["version"] for each in told] == [final]
    assert [slot["startsAt"] for slot in told[0]["slots"]] == [f"2026-03-03T{n:02}:00:00Z" for n in range(5)]


async def test_who_stalls_for_too_long_is_cut_off_though_nothing_waits_to_be_sent(
    practice: Practice, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(practice.application.view.sockets.served, "limits", SocketLimits(send_seconds=0.3))
    coach = await practice.coach()
    member = await practice.member(coach)
    for day in ("MONDAY", "TUESDAY", "WEDNESDAY"):
        await add_window(practice, coach, start="00:00", end="23:00", seats=2, day=day)
    async with joined(served, coach, coach) as view, stalled(served, member, coach) as (_, protocol):
        await until(lambda: practice.house.live.open_views == 1)

        assert protocol.transport.is_closing()
        version = await _changed(practice, coach)
        await view.reaches(version)
        assert not view.errors
