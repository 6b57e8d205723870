"""A small practice that is asked over HTTP, and what a refusal must look like."""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import httpx2

from app.wire.relay import global_id
from tests.assessing import assessments_of, draft, scale, told_in_words
from tests.calendars import feed_of
from tests.goals import goals_made_in
from tests.growing import elements_of, goal_of
from tests.holding import held, joined
from tests.house import access_notifications
from tests.interventions import interventions_of
from tests.jobs.working import parked
from tests.leaving import delivery_to
from tests.messaging import logged, message_hook, message_template
from tests.operations import (
    ADD_NOTE_TEMPLATE,
    ADD_TIME_OFF,
    add_window,
    booked,
    completed,
    noted,
    outside_calendar,
    planned,
    template,
)
from tests.practice import Person, Practice
from tests.recommending import recommendation_of
from tests.risks import risk_of
from tests.scoring import coherence_of, risen_once_more
from tests.services.scheduling.repeating import booked_series
from tests.webhooks import webhooks_of

NINE, TEN = "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z"
NEXT_WEEK, WEEK_AFTER = "2026-03-09T09:00:00Z", "2026-03-16T09:00:00Z"

FULL, FULL_TOO, HELD = (f"2026-03-06T{hour:02}:00:00Z" for hour in (9, 10, 11))


class Try(NamedTuple):
    """Variables of which one is wrong; unless `is_wrong`, a refusal need not name it."""

    what: str
    variables: dict[str, Any]
    field: str
    is_wrong: bool = True


@dataclass
class World:
    """Two coaches, each with a member, a window, a time off and a session; who asks over HTTP.

    `begun` are two sessions of last week that nobody has closed.
    """

    practice: Practice
    client: httpx2.AsyncClient
    admin: Person
    coach: Person
    member: Person
    other: Person
    ids: dict[str, str] = field(default_factory=dict)
    foreign: dict[str, str] = field(default_factory=dict)
    spare_window: str = ""
    begun: tuple[str, ...] = ()
    completed: str = ""
    planless: str = ""
    spare_job: str = ""
    of_a_series: str = ""
    draft_set: str = ""
    draft_question: str = ""
    ready_set: str = ""
    spare_asked: str = ""
    spare_breakthrough: str = ""
    spare_recommendation: str = ""

    @classmethod
    async def made(cls, practice: Practice, client: httpx2.AsyncClient) -> "World":
        coach, other = await practice.coach(), await practice.coach()
        world = cls(practice, client, await practice.admin(), coach, await practice.member(coach), other)
        world.ids = await world._belongings(coach, world.member)
        world.foreign = await world._belongings(other, await practice.member(other))
        world.spare_window = await add_window(practice, coach, "SATURDAY")
        practice.clock.move(weeks=-1)
        last_week = ("2026-02-23T09:00:00Z", "2026-02-23T10:00:00Z")
        world.begun = tuple([await booked(practice, world.member, coach, start) for start in last_week])
        practice.clock.move(weeks=1)
        world.completed = await completed(practice, await booked(practice, world.member, coach, NEXT_WEEK))
        world.of_a_series, *_ = await booked_series(practice, world.member, coach, "2026-04-06T10:00:00Z", 2)
        world.planless = await booked(practice, world.member, coach, WEEK_AFTER)
        world.draft_set = await draft(practice, coach, "draft")
        world.draft_question = await scale(practice, coach, world.draft_set, "first", "Q")
        asked = await told_in_words(practice, coach, world.member, "Words")
        world.spare_asked = asked["id"]
        world.ready_set = await draft(practice, coach, "ready")
        await scale(practice, coach, world.ready_set, "first", "Q")
        world.spare_breakthrough = await risen_once_more(practice, world.member)
        world.spare_recommendation = await recommendation_of(practice, world.member)
        world.ids["Job"], world.spare_job = await parked(practice), await parked(practice)
        return world

    async def _belongings(self, coach: Person, member: Person) -> dict[str, str]:
        window = await add_window(self.practice, coach, seats=3)
        away = {"startsAt": "2026-05-01T00:00:00Z", "endsAt": "2026-05-02T00:00:00Z"}
        time_off = await self.practice.ask(ADD_TIME_OFF, coach, input=away)
        session = await booked(self.practice, member, coach, NINE)
        plan = await planned(self.practice, coach, session, "First", "Second")
        entry, hold = await self._queued(coach, member)
        of_notes = await self.practice.ask(ADD_NOTE_TEMPLATE, coach, input={"name": "Own", "headings": ["One", "Two"]})
        return {
            "AvailabilityWindow": window,
            "CalendarFeed": (await feed_of(self.practice, coach))[0],
            "Coach": coach.id,
            "Goal": await goal_of(self.practice, member),
            "Member": member.id,
            "OutsideCalendar": await outside_calendar(self.practice, coach),
            "PlanItem": plan["items"][0]["id"],
            "PlanTemplate": await template(self.practice, coach, "Mine", "An item"),
            "Session": session,
            "SessionPlan": plan["id"],
            "SlotHold": hold,
            "NoteTemplate": of_notes["id"],
            "SessionNote": (await noted(self.practice, coach, session, isDraft=True))["id"],
            "TimeOff": time_off["id"],
            "Delivery": await delivery_to(self.practice, coach),
            "MessageTemplate": await message_template(self.practice, coach),
            "MessageHook": (await message_hook(self.practice, coach))["hook"]["id"],
            "Communication": (await logged(self.practice, coach, member))["id"],
            "Recommendation": await recommendation_of(self.practice, member),
            "User": global_id("User", member.user.id),
            "WaitingListEntry": entry,
            **await access_notifications.made_in(self.practice, coach),
            **await webhooks_of(self.practice, coach),
            **await interventions_of(self.practice, coach, member),
            **await assessments_of(self.practice, coach, member),
            **await coherence_of(self.practice, member),
            **await goals_made_in(self.practice, coach, member),
            **await risk_of(self.practice, coach, member),
            **await elements_of(self.practice, coach, member),
        }

    async def _queued(self, coach: Person, member: Person) -> tuple[str, str]:
        """In line for one of two slots of Friday that are full, and the hold of a place in the third."""
        await add_window(self.practice, coach, "FRIDAY")
        other = await self.practice.member(coach)
        for start in (FULL, FULL_TOO):
            await booked(self.practice, other, coach, start)
        return await joined(self.practice, member, coach, FULL), await held(self.practice, member, coach, HELD)

    async def ask(self, who: str, query: str, variables: dict[str, Any]) -> httpx2.Response:
        """Half surrogate pairs are sent as JSON can write them."""
        headers = {"content-type": "application/json"}
        if who != "stranger":
            headers["authorization"] = f"Bearer {getattr(self, who).token}"
        body = json.dumps({"query": query, "variables": variables}).encode()
        return await self.client.post("/graphql", content=body, headers=headers)

    async def assert_refused(self, who: str, query: str, tries: Iterable[Try]) -> None:
        """Asks them all, and fails with every answer that is not as it should be."""
        answers = [(each, await self.ask(who, query, each.variables)) for each in tries]
        faults = [
            f"{each.what}: {said}"
            for each, answer in answers
            if (said := fault(answer, each.field, is_wrong=each.is_wrong))
        ]
        assert answers
        assert not faults, "\n".join([f"{len(faults)} of {len(answers)} answers are wrong:", *faults])


def fault(answer: httpx2.Response, name: str, *, is_wrong: bool = True) -> str | None:
    """What is wrong with a refusal; None if it is one, and names the field if that is what is wrong."""
    shown = f"{answer.status_code} {answer.text[:300]}"
    if answer.status_code != 200 or len(answer.content) > 4_000:
        return shown
    errors, data = answer.json().get("errors"), answer.json().get("data")
    if not errors:
        (problem,) = data.values()
        if problem is None or "code" not in problem:
            return f"accepted: {shown}"
        is_named = problem["code"] == "INVALID_INPUT" and problem["field"].partition(".")[0] == name
        return None if is_named or not is_wrong else f"not named: {shown}"
    extensions = errors[0]["extensions"]
    if extensions["code"] == "BAD_USER_INPUT":
        named = extensions.get("field")
        is_named = named.partition(".")[0] == name if named else mentions(errors[0]["message"], name)
        return None if is_named else f"not named: {shown}"
    return None if extensions["code"] == "FORBIDDEN" and not is_wrong else shown


def mentions(message: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", message) is not None


def refusal_of(answer: httpx2.Response) -> str:
    """The field that is wrong, or the code if it is no field."""
    if errors := answer.json().get("errors"):
        return str(errors[0]["extensions"]["code"])
    (problem,) = answer.json()["data"].values()
    return str(problem["field"] if problem.get("code") == "INVALID_INPUT" else problem.get("code"))


def key_of(id: str) -> str:
    return urlsafe_b64decode(id + "=" * (-len(id) % 4)).decode().partition(":")[2]


def shown(value: object) -> str:
    text = repr(value)
    return text if len(text) < 80 else f"{text[:40]}… of {len(text)}"
