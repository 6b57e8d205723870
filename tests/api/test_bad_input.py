"""Input that no honest client sends: each mutation refuses it, names the field, and writes nothing."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from graphql import is_required_input_field

from app.api import schema
from app.wire.relay import global_id
from tests.api.mutation import Mutation, document
from tests.api.mutations import MUTATIONS
from tests.api.values import (
    BAD_CHOICES,
    BAD_CLOCKS,
    BAD_DAYS,
    BAD_EMAILS,
    BAD_FLAGS,
    BAD_IDS,
    BAD_NUMBERS,
    BAD_TIMES,
    BAD_URLS,
    BAD_ZONES,
    HUGE,
    NO_TEXT,
)
from tests.api.world import FULL, TEN, Try, World, key_of, refusal_of, shown
from tests.operations import nothing_written


def test_the_table_knows_every_field_of_every_mutation() -> None:
    mutations = schema._schema.mutation_type
    assert mutations is not None
    assert MUTATIONS.keys() == mutations.fields.keys() - {"logOut"}  # the only one without input
    for name, mutation in MUTATIONS.items():
        given = mutations.fields[name].args["input"].type.of_type.fields
        required = {each for each in given if is_required_input_field(given[each])}

        assert (mutation.fields, set(mutation.required)) == (set(given), required), name


class Case(NamedTuple):
    """One change of a valid input; unless `is_wrong`, a refusal need not name the field."""

    name: str
    value: Any
    is_wrong: bool = True

    def in_input(self, valid: dict[str, Any]) -> Try:
        given = {"input": {**valid, self.name: self.value}}
        return Try(f"{self.name} = {shown(self.value)}", given, self.name, self.is_wrong)


def cases(mutation: Mutation, world: World) -> Iterator[Case]:
    for name, kind in mutation.ids.items():
        others = [other for type_name, other in world.ids.items() if type_name != kind]
        same_key = global_id("Nothing", key_of(world.ids[kind]))
        no_uuid = [global_id(kind, key) for key in ("01", "x", "0" * 31, f"{uuid4()}0", f"{uuid4()}/1", "-" * 36)]
        yield from each_of(name, [*BAD_IDS, *others, *no_uuid, same_key, 5, -1, 1.5, True, [], ["x"], {}])
        yield Case(name, global_id(kind, uuid4()), is_wrong=False)
        yield Case(name, global_id(kind, "00000000-0000-0000-0000-000000000000"), is_wrong=False)
    kinds = (
        (mutation.times, BAD_TIMES),
        (mutation.clocks, BAD_CLOCKS),
        (mutation.days, BAD_DAYS),
        (mutation.zones, BAD_ZONES),
        (mutation.emails, BAD_EMAILS),
        (mutation.urls, BAD_URLS),
    )
    for names, values in kinds:
        for name in names:
            yield from each_of(name, [*values, *NO_TEXT])
    for name, longest in mutation.texts.items():
        too_short = ["short"] if name == "password" else [" ", "\n"]
        yield from each_of(name, ["", *too_short, "a" * (longest + 1), HUGE, "a\0" * 6, *NO_TEXT])
    for name in mutation.secrets:
        yield from each_of(name, NO_TEXT)
        for value in ("", "x", HUGE, "a\0" * 6, "ü"):
            yield Case(name, value, is_wrong=False)
    yield from more_cases(mutation)


def more_cases(mutation: Mutation) -> Iterator[Case]:
    for name, (most, longest) in mutation.lists.items():
        yield from each_of(name, [["a"] * (most + 1), [""], ["a", "a\0"], ["a" * (longest + 1)], [HUGE], [None]])
        yield from each_of(name, [5, [5], [["a"]], {}, "", "a\0"])
    for name, (low, high) in mutation.ints.items():
        yield from each_of(name, [low - 1, high + 1, -(2**31), 2**31 - 1, *BAD_NUMBERS])
    for name in mutation.moments:
        yield from each_of(name, [[each] for each in [*BAD_TIMES, *NO_TEXT, None]])
        yield from each_of(name, [["2026-03-23T11:00:00Z"] * 53, 5, 1.5, True, {}, "now"])
    for name in mutation.versions:
        yield from each_of(name, BAD_NUMBERS)
        for value in (-1, 0, -(2**31), 2**31 - 1):
            yield Case(name, value, is_wrong=False)
    for name in mutation.choices:
        yield from each_of(name, BAD_CHOICES)
    for name in mutation.flags:
        yield from each_of(name, BAD_FLAGS)
    for name, values in mutation.wrong.items():
        yield from each_of(name, values)
    for name in mutation.sections:
        one = {"heading": "A heading", "text": "Some words"}
        bad = [{"heading": each} for each in ("", " ", "a" * 121, HUGE, "a\0", None, *NO_TEXT)]
        bad += [{"text": each} for each in ("a" * 50_001, HUGE, "a\0", None, *NO_TEXT)]
        bad += [{"nonsense": "x"}]
        yield from each_of(name, [[one, {**one, **wrong}] for wrong in bad])
        yield from each_of(name, [[one] * 21, [{**one, "text": "a" * 30_000}] * 2, [{"heading": "a"}], [{"text": "a"}]])
        yield from each_of(name, [5, "x", [5], [[one]], [None], {}])
    for name in (*mutation.required, *mutation.never_null):
        yield Case(name, None)
    for name in ("nonsense", "__proto__", "__typename", "user_id", "role"):
        yield Case(name, "x")


def each_of(name: str, values: list[Any]) -> Iterator[Case]:
    return (Case(name, value) for value in values)


@pytest.mark.parametrize("name", MUTATIONS)
async def test_a_bad_field_is_refused_by_name(world: World, name: str) -> None:
    mutation = MUTATIONS[name]
    tries = [case.in_input(mutation.valid(world)) for case in cases(mutation, world)]
    for missing in mutation.required:
        given = {each: value for each, value in mutation.valid(world).items() if each != missing}
        tries.append(Try(f"without {missing}", {"input": given}, missing))

    async with nothing_written(world.practice):
        await world.assert_refused(mutation.who, document(name), tries)


@pytest.mark.parametrize("name", MUTATIONS)
async def test_bad_input_as_a_whole_is_refused(world: World, name: str) -> None:
    mutation = MUTATIONS[name]
    deep: dict[str, Any] = {}
    for _ in range(400):
        deep = {"input": deep}
    whole = [None, 5, "x", "", True, [], ["x"], {"x": {}}, deep, HUGE]
    tries = [Try("nothing", {}, "input"), *(Try(shown(each), {"input": each}, "input") for each in whole)]

    async with nothing_written(world.practice):
        await world.assert_refused(mutation.who, document(name), tries)


@pytest.mark.parametrize("name", MUTATIONS)
async def test_half_a_surrogate_pair_is_refused_with_its_request(world: World, name: str) -> None:
    mutation = MUTATIONS[name]
    strings = (*mutation.ids, *mutation.emails, *mutation.zones, *mutation.texts, *mutation.secrets, *mutation.times)
    async with nothing_written(world.practice):
        for each in (*strings, *mutation.urls, *mutation.clocks, *mutation.days, *mutation.choices):
            for half in ("\ud800", "a\udfff" * 6):
                given = {**mutation.valid(world), each: half}
                answer = await world.ask(mutation.who, document(name), {"input": given})

                assert answer.status_code == 400
                assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


NEVER_QUIET = {"from": "22:00", "until": "22:00"}
MEMBERS_ONLY = {"kind": "PLACE_OFFERED", "channel": "EMAIL", "isOn": True}
CANCELLED = {"kind": "SESSION_CANCELLED", "channel": "IN_APP", "isOn": False}
SOAP = global_id("NoteTemplate", "00000000-0000-0000-0000-000000000001")

# Who asks, the name of the mutation, what is changed of its valid input, and the field or the code of the refusal.
NOT_ALLOWED: list[tuple[str, str, Callable[[World], dict[str, Any]], str]] = [
    ("coach", "updateCoach", lambda world: {"id": world.foreign["Coach"]}, "FORBIDDEN"),
    ("member", "updateCoach", lambda world: {"id": world.ids["Coach"]}, "FORBIDDEN"),
    ("coach", "updateCoach", lambda world: {"id": world.ids["Coach"], "status": "SUSPENDED"}, "FORBIDDEN"),
    ("coach", "createCoach", lambda world: {}, "FORBIDDEN"),
    ("coach", "updateMember", lambda world: {"id": world.foreign["Member"]}, "FORBIDDEN"),
    ("member", "updateMember", lambda world: {"id": world.foreign["Member"]}, "FORBIDDEN"),
    ("member", "updateMember", lambda world: {"id": world.ids["Member"], "status": "ARCHIVED"}, "FORBIDDEN"),
    ("coach", "updateMember", lambda world: {"startDate": "2026-03-02", "endDate": "2026-03-01"}, "endDate"),
    ("coach", "assignCoach", lambda world: {}, "FORBIDDEN"),
    ("member", "assignCoach", lambda world: {}, "FORBIDDEN"),
    ("admin", "addAvailabilityWindow", lambda world: {"coachId": None}, "coachId"),
    ("coach", "addAvailabilityWindow", lambda world: {"coachId": world.foreign["Coach"]}, "FORBIDDEN"),
    ("member", "addAvailabilityWindow", lambda world: {}, "FORBIDDEN"),
    ("admin", "addAvailabilityWindow", lambda world: {"startTime": "12:00", "endTime": "09:00"}, "endTime"),
    ("admin", "addAvailabilityWindow", lambda world: {"startTime": "22:00", "endTime": "02:00"}, "endTime"),
    ("admin", "addAvailabilityWindow", lambda world: {"startTime": "22:00", "endTime": "00:00"}, "endTime"),
    ("admin", "addAvailabilityWindow", lambda world: {"startTime": "12:00"}, "endTime"),
    ("admin", "addAvailabilityWindow", lambda world: {"dayOfWeek": "MONDAY"}, "WINDOWS_OVERLAP"),
    ("coach", "updateAvailabilityWindow", lambda world: {"id": world.foreign["AvailabilityWindow"]}, "FORBIDDEN"),
    ("coach", "updateAvailabilityWindow", lambda world: {"endTime": "08:00"}, "endTime"),
    ("coach", "updateAvailabilityWindow", lambda world: {"startTime": "23:59"}, "endTime"),
    ("coach", "removeAvailabilityWindow", lambda world: {"id": world.foreign["AvailabilityWindow"]}, "FORBIDDEN"),
    ("coach", "addTimeOff", lambda world: {"coachId": world.foreign["Coach"]}, "FORBIDDEN"),
    ("admin", "addTimeOff", lambda world: {"coachId": None}, "coachId"),
    ("admin", "addTimeOff", lambda world: {"endsAt": "2026-06-01T00:00:00Z"}, "endsAt"),
    ("admin", "addTimeOff", lambda world: {"endsAt": "2026-06-01T02:00:00+03:00"}, "endsAt"),
    ("coach", "removeTimeOff", lambda world: {"id": world.foreign["TimeOff"]}, "FORBIDDEN"),
    ("member", "bookSession", lambda world: {"coachId": world.foreign["Coach"]}, "FORBIDDEN"),
    ("member", "bookSession", lambda world: {"holdId": world.foreign["SlotHold"]}, "HOLD_EXPIRED"),
    ("member", "extendHold", lambda world: {"holdId": world.foreign["SlotHold"]}, "HOLD_EXPIRED"),
    ("member", "releaseHold", lambda world: {"holdId": world.foreign["SlotHold"]}, "HOLD_EXPIRED"),
    ("coach", "releaseHold", lambda world: {}, "FORBIDDEN"),
    ("member", "holdSlot", lambda world: {"coachId": world.foreign["Coach"]}, "FORBIDDEN"),
    ("member", "holdSlot", lambda world: {"startsAt": FULL}, "SLOT_FULL"),
    ("member", "leaveWaitingList", lambda world: {"entryId": world.foreign["WaitingListEntry"]}, "NOT_IN_LINE"),
    ("member", "joinWaitingList", lambda world: {"coachId": world.foreign["Coach"]}, "FORBIDDEN"),
    ("member", "joinWaitingList", lambda world: {"startsAt": TEN}, "SLOT_NOT_FULL"),
    ("coach", "bookSession", lambda world: {}, "FORBIDDEN"),
    ("admin", "bookSession", lambda world: {}, "FORBIDDEN"),
    ("member", "cancelSession", lambda world: {"sessionId": world.foreign["Session"]}, "FORBIDDEN"),
    ("coach", "cancelSession", lambda world: {"sessionId": world.foreign["Session"]}, "FORBIDDEN"),
    ("member", "rescheduleSession", lambda world: {"sessionId": world.foreign["Session"]}, "FORBIDDEN"),
    ("member", "rescheduleSession", lambda world: {"startsAt": "2026-02-23T09:00:00Z"}, "SLOT_UNAVAILABLE"),
    ("member", "rescheduleSession", lambda world: {"startsAt": "2026-03-02T09:30:00Z"}, "SLOT_UNAVAILABLE"),
    ("member", "rescheduleSession", lambda world: {"startsAt": "2199-12-31T23:59:59Z"}, "SLOT_UNAVAILABLE"),
    ("member", "rescheduleSession", lambda world: {"expectedVersion": 2}, "VERSION_CONFLICT"),
    ("member", "bookSeries", lambda world: {"coachId": world.foreign["Coach"]}, "FORBIDDEN"),
    ("member", "bookSeries", lambda world: {"memberId": world.ids["Member"]}, "FORBIDDEN"),
    ("coach", "bookSeries", lambda world: {}, "FORBIDDEN"),
    ("coach", "bookSeries", lambda world: {"memberId": world.foreign["Member"]}, "FORBIDDEN"),
    ("member", "bookSeries", lambda world: {"startsAt": "2026-03-24T11:00:00Z"}, "SERIES_NOT_BOOKABLE"),
    ("member", "bookSeries", lambda world: {"startsAt": "2199-12-31T23:59:59Z"}, "SERIES_NOT_BOOKABLE"),
    ("member", "bookSeries", lambda world: {"skip": ["2026-03-24T11:00:00Z"]}, "skip"),
    ("member", "cancelSeries", lambda world: {"sessionId": world.foreign["Session"]}, "FORBIDDEN"),
    ("member", "cancelSeries", lambda world: {"sessionId": world.ids["Session"]}, "sessionId"),
    ("member", "rescheduleSeries", lambda world: {"sessionId": world.foreign["Session"]}, "FORBIDDEN"),
    ("member", "rescheduleSeries", lambda world: {"startsAt": "2199-12-31T23:59:59Z"}, "SERIES_NOT_BOOKABLE"),
    ("member", "rescheduleSeries", lambda world: {"startsAt": "1970-01-05T09:00:00Z"}, "SERIES_NOT_BOOKABLE"),
    ("member", "rescheduleSeries", lambda world: {"expectedVersion": 9}, "VERSION_CONFLICT"),
    ("member", "rescheduleSession", lambda world: {"overrideReason": "I like it"}, "FORBIDDEN"),
    ("admin", "scheduleSession", lambda world: {"coachId": None}, "coachId"),
    ("coach", "scheduleSession", lambda world: {"coachId": world.foreign["Coach"]}, "FORBIDDEN"),
    ("coach", "scheduleSession", lambda world: {"memberId": world.foreign["Member"]}, "FORBIDDEN"),
    ("member", "scheduleSession", lambda world: {}, "FORBIDDEN"),
    ("coach", "scheduleSession", lambda world: {"startsAt": "2026-03-09T09:30:00Z"}, "SLOT_UNAVAILABLE"),
    ("member", "completeSession", lambda world: {}, "FORBIDDEN"),
    ("coach", "completeSession", lambda world: {"sessionId": world.foreign["Session"]}, "FORBIDDEN"),
    ("coach", "completeSession", lambda world: {"sessionId": world.ids["Session"]}, "SESSION_NOT_BEGUN"),
    ("member", "markNoShow", lambda world: {}, "FORBIDDEN"),
    ("coach", "markNoShow", lambda world: {"sessionId": world.ids["Session"]}, "SESSION_NOT_BEGUN"),
    ("admin", "cancelSlot", lambda world: {"coachId": None}, "coachId"),
    ("coach", "cancelSlot", lambda world: {"coachId": world.foreign["Coach"]}, "FORBIDDEN"),
    ("member", "cancelSlot", lambda world: {}, "FORBIDDEN"),
    ("admin", "completeSlot", lambda world: {"coachId": None}, "coachId"),
    ("coach", "completeSlot", lambda world: {"coachId": world.foreign["Coach"]}, "FORBIDDEN"),
    ("member", "completeSlot", lambda world: {}, "FORBIDDEN"),
    ("member", "rateSession", lambda world: {"sessionId": world.foreign["Session"]}, "FORBIDDEN"),
    ("coach", "rateSession", lambda world: {}, "FORBIDDEN"),
    ("admin", "rateSession", lambda world: {}, "FORBIDDEN"),
    ("member", "rateSession", lambda world: {"sessionId": world.ids["Session"]}, "SESSION_NOT_COMPLETED"),
    ("member", "changeSessionRating", lambda world: {"sessionId": world.ids["Session"]}, "FORBIDDEN"),
    ("admin", "changeSessionRating", lambda world: {}, "FORBIDDEN"),
    ("coach", "createSessionPlan", lambda world: {"sessionId": world.foreign["Session"]}, "FORBIDDEN"),
    ("member", "createSessionPlan", lambda world: {}, "FORBIDDEN"),
    ("coach", "createSessionPlan", lambda world: {"sessionId": world.ids["Session"]}, "ALREADY_PLANNED"),
    ("coach", "createSessionPlan", lambda world: {"sessionId": world.completed}, "SESSION_NOT_SCHEDULED"),
    ("coach", "createSessionPlan", lambda world: {"templateId": world.foreign["PlanTemplate"]}, "templateId"),
    ("coach", "createSessionPlan", lambda world: {"fromSessionId": world.ids["Session"]}, "fromSessionId"),
    ("coach", "updateSessionPlan", lambda world: {"id": world.foreign["SessionPlan"]}, "FORBIDDEN"),
    ("member", "updateSessionPlan", lambda world: {}, "FORBIDDEN"),
    ("coach", "updateSessionPlan", lambda world: {"expectedVersion": 9}, "VERSION_CONFLICT"),
    ("coach", "updateSessionPlan", lambda world: {"remindAt": TEN}, "remindAt"),
    ("coach", "shareSessionPlan", lambda world: {"id": world.foreign["SessionPlan"]}, "FORBIDDEN"),
    ("coach", "unshareSessionPlan", lambda world: {"id": world.foreign["SessionPlan"]}, "FORBIDDEN"),
    ("coach", "removeSessionPlan", lambda world: {"id": world.foreign["SessionPlan"]}, "FORBIDDEN"),
    ("coach", "addPlanItem", lambda world: {"planId": world.foreign["SessionPlan"]}, "FORBIDDEN"),
    ("coach", "addPlanItem", lambda world: {"afterItemId": world.foreign["PlanItem"]}, "afterItemId"),
    ("coach", "updatePlanItem", lambda world: {"id": world.foreign["PlanItem"]}, "FORBIDDEN"),
    ("coach", "movePlanItem", lambda world: {"itemId": world.foreign["PlanItem"]}, "FORBIDDEN"),
    ("coach", "movePlanItem", lambda world: {"afterItemId": world.foreign["PlanItem"]}, "afterItemId"),
    ("coach", "movePlanItem", lambda world: {"afterItemId": world.ids["PlanItem"]}, "afterItemId"),
    ("member", "movePlanItem", lambda world: {}, "FORBIDDEN"),
    ("coach", "removePlanItem", lambda world: {"id": world.foreign["PlanItem"]}, "FORBIDDEN"),
    ("coach", "addPlanTemplate", lambda world: {"coachId": world.foreign["Coach"]}, "FORBIDDEN"),
    ("admin", "addPlanTemplate", lambda world: {"coachId": None}, "coachId"),
    ("admin", "addPlanTemplate", lambda world: {"items": [{"title": ""}]}, "items.0.title"),
    ("member", "addPlanTemplate", lambda world: {"coachId": None}, "FORBIDDEN"),
    ("coach", "updatePlanTemplate", lambda world: {"id": world.foreign["PlanTemplate"]}, "FORBIDDEN"),
    ("coach", "updatePlanTemplate", lambda world: {"items": [{"title": "a"}] * 101}, "items"),
    ("coach", "removePlanTemplate", lambda world: {"id": world.foreign["PlanTemplate"]}, "FORBIDDEN"),
    ("member", "writeSessionNote", lambda world: {"visibility": "PRIVATE"}, "visibility"),
    ("member", "writeSessionNote", lambda world: {"sessionId": world.foreign["Session"]}, "FORBIDDEN"),
    ("coach", "writeSessionNote", lambda world: {"sessionId": world.foreign["Session"]}, "FORBIDDEN"),
    ("coach", "writeSessionNote", lambda world: {"templateId": world.foreign["NoteTemplate"]}, "templateId"),
    ("coach", "writeSessionNote", lambda world: {"sections": []}, "sections"),
    ("coach", "writeSessionNote", lambda world: {"sections": [{"heading": "a", "text": " \n"}]}, "sections"),
    ("coach", "updateSessionNote", lambda world: {"id": world.foreign["SessionNote"]}, "FORBIDDEN"),
    ("member", "updateSessionNote", lambda world: {}, "FORBIDDEN"),
    ("coach", "updateSessionNote", lambda world: {"expectedVersion": 2}, "VERSION_CONFLICT"),
    ("coach", "updateSessionNote", lambda world: {"isDraft": False, "sections": []}, "sections"),
    ("coach", "removeSessionNote", lambda world: {"id": world.foreign["SessionNote"]}, "FORBIDDEN"),
    ("member", "removeSessionNote", lambda world: {}, "FORBIDDEN"),
    ("admin", "addNoteTemplate", lambda world: {"coachId": None}, "coachId"),
    ("admin", "addNoteTemplate", lambda world: {"name": "Own"}, "name"),
    ("coach", "addNoteTemplate", lambda world: {"coachId": world.foreign["Coach"]}, "FORBIDDEN"),
    ("member", "addNoteTemplate", lambda world: {}, "FORBIDDEN"),
    ("coach", "updateNoteTemplate", lambda world: {"id": world.foreign["NoteTemplate"]}, "FORBIDDEN"),
    ("admin", "updateNoteTemplate", lambda world: {"id": SOAP}, "FORBIDDEN"),
    ("coach", "removeNoteTemplate", lambda world: {"id": world.foreign["NoteTemplate"]}, "FORBIDDEN"),
    ("admin", "removeNoteTemplate", lambda world: {"id": SOAP}, "FORBIDDEN"),
    ("coach", "markNotificationRead", lambda world: {"id": world.foreign["Notification"]}, "FORBIDDEN"),
    ("member", "markNotificationRead", lambda world: {}, "FORBIDDEN"),
    ("coach", "updateNotificationPreferences", lambda world: {"quietHours": NEVER_QUIET}, "quietHours"),
    ("coach", "updateNotificationPreferences", lambda world: {"changes": [MEMBERS_ONLY]}, "changes.0.kind"),
    ("coach", "updateNotificationPreferences", lambda world: {"changes": [CANCELLED]}, "CHANNEL_NOT_OPTIONAL"),
    ("stranger", "signUp", lambda world: {"email": world.member.user.email.upper()}, "EMAIL_TAKEN"),
    ("stranger", "signUp", lambda world: {"coachId": global_id("Coach", uuid4())}, "COACH_NOT_ACCEPTING_MEMBERS"),
    ("admin", "createCoach", lambda world: {"email": world.member.user.email}, "EMAIL_TAKEN"),
]


async def test_what_is_well_written_and_not_allowed_is_refused(world: World) -> None:
    faults = []
    async with nothing_written(world.practice):
        for who, name, changes, expected in NOT_ALLOWED:
            mutation = MUTATIONS[name]
            answer = await world.ask(who, document(name), {"input": {**mutation.valid(world), **changes(world)}})
            if refusal_of(answer) != expected:
                faults.append(f"{name} by {who}, not {expected}: {answer.text[:300]}")

        assert not faults, "\n".join(faults)


async def test_strangers_write_nothing(world: World) -> None:
    public = {"signUp", "logIn", "refreshSession"}
    async with nothing_written(world.practice):
        for name in MUTATIONS.keys() - public:
            answer = await world.ask("stranger", document(name), {"input": MUTATIONS[name].valid(world)})

            assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED", name
        answer = await world.ask("stranger", "mutation { logOut }", {})
        assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("starts_at", "reason"),
    [
        ("2026-03-01T09:00:00Z", "OUTSIDE_AVAILABILITY"),
        ("2026-02-23T09:00:00Z", "IN_THE_PAST"),
        ("1970-01-05T09:00:00Z", "IN_THE_PAST"),
        ("2199-12-30T09:00:00Z", "TOO_FAR_AHEAD"),
        ("2026-03-02T09:00:00.000001Z", "NOT_A_SLOT_START"),
    ],
)
async def test_a_time_that_cannot_be_booked_leaves_a_rejection_and_nothing_else(
    world: World, starts_at: str, reason: str
) -> None:
    bookings, rejected = await world.practice.count("bookings"), "status = 'REJECTED' AND session_id IS NULL"
    before = await world.practice.count("bookings", rejected), await world.practice.count("sessions")

    given = {"coachId": world.ids["Coach"], "startsAt": starts_at}
    answer = await world.ask("member", document("bookSession"), {"input": given})

    assert answer.json()["data"]["bookSession"]["reason"] == reason
    assert await world.practice.count("bookings") == bookings + 1
    after = await world.practice.count("bookings", rejected), await world.practice.count("sessions")
    assert after == (before[0] + 1, before[1])


async def test_the_valid_inputs_of_the_table_are_accepted(world: World) -> None:
    world = await World.made(world.practice, world.client)
    refusals = {"logIn": "INVALID_CREDENTIALS", "refreshSession": "INVALID_REFRESH_TOKEN"}
    for name, mutation in MUTATIONS.items():
        answer = await world.ask(mutation.who, document(name), {"input": mutation.valid(world)})

        assert "errors" not in answer.json(), (name, answer.text)
        assert answer.json()["data"][name].get("code") == refusals.get(name), (name, answer.text)
