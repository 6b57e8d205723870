"""What tests of a session's life ask, written once."""

from typing import Any

from tests.operations import PROBLEM
from tests.practice import Person, Practice

LIFE = (
    "id status version startsAt cancelledAt cancellationReason isLateCancellation freeCancellationUntil completedAt"
    " noShowAt updatedAt history { version kind fromStartsAt toStartsAt reason overrideReason changedBy changedAt }"
)
PERMITTED = " ".join(
    f"{name} {{ allowed code message }}"
    for name in ("canCancel", "canReschedule", "canComplete", "canMarkNoShow", "canRate")
)
ONE_LIFE = f"query ($id: ID!) {{ session(id: $id) {{ {LIFE} }} }}"


def _changing(name: str) -> str:
    kind = f"{name[0].upper()}{name[1:]}Input!"
    return (
        f"mutation ($input: {kind}) {{ {name}(input: $input) {{ __typename ... on Session {{ {LIFE} }} {PROBLEM}"
        " ... on InvalidInput { field } } }"
    )


def _slot_wide(name: str) -> str:
    kind = f"{name[0].upper()}{name[1:]}Input!"
    return (
        f"mutation ($input: {kind}) {{ {name}(input: $input) {{ __typename ... on SlotSessions {{ results {{"
        " session { id status cancellationReason isLateCancellation } problem { __typename code message } } }"
        f" {PROBLEM} ... on InvalidInput {{ field }} }} }}"
    )


CANCEL_LIFE, COMPLETE, MARK_NO_SHOW = (_changing(name) for name in ("cancelSession", "completeSession", "markNoShow"))
CANCEL_SLOT, COMPLETE_SLOT = _slot_wide("cancelSlot"), _slot_wide("completeSlot")
SCHEDULE = (
    "mutation ($input: ScheduleSessionInput!) { scheduleSession(input: $input) { __typename ... on Booking { id status"
    f" session {{ id startsAt endsAt note kind format member {{ id }} coach {{ id }} }} slot {{ id booked remaining"
    f" isBookable unavailableReason }} }} {PROBLEM} ... on SlotUnavailable {{ reason }}"
    " ... on InvalidInput { field } } }"
)


async def cancel(practice: Practice, who: Person, session_id: str, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(CANCEL_LIFE, who, input={"sessionId": session_id, **more})
    return answer


async def complete(practice: Practice, who: Person, session_id: str, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(COMPLETE, who, input={"sessionId": session_id, **more})
    return answer


async def no_show(practice: Practice, who: Person, session_id: str, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(MARK_NO_SHOW, who, input={"sessionId": session_id, **more})
    return answer


async def schedule(practice: Practice, who: Person, member: Person, starts_at: str, **more: Any) -> dict[str, Any]:
    given = {"memberId": member.id, "startsAt": starts_at, **more}
    answer: dict[str, Any] = await practice.ask(SCHEDULE, who, input=given)
    return answer


async def life(practice: Practice, who: Person, session_id: str) -> dict[str, Any]:
    """The session with its stamps and its history."""
    found: dict[str, Any] = await practice.ask(ONE_LIFE, who, id=session_id)
    return found
