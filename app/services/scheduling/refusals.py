"""What a person is told about each reason against a slot, in a list, an explanation and a refused booking alike."""

from collections.abc import Sequence

from app.problems import Problem, SlotFull, SlotUnavailable
from app.services.scheduling.slots import Unavailable

MESSAGES = {
    Unavailable.COACH_NOT_ACTIVE: "This coach does not take bookings at present",
    Unavailable.OUTSIDE_AVAILABILITY: "The coach is not available at this time",
    Unavailable.NOT_A_SLOT_START: "No slot starts at this time; choose one of the listed starts",
    Unavailable.IN_THE_PAST: "This slot lies in the past",
    Unavailable.TOO_SOON: "This slot starts too soon to be booked",
    Unavailable.TOO_FAR_AHEAD: "This slot is too far ahead to be booked yet",
    Unavailable.TIME_OFF: "The coach has time off then",
    Unavailable.CONFLICTS_WITH_SESSION: "The coach has another session too close to this time",
    Unavailable.FULL: SlotFull.message,
    Unavailable.MEMBER_BUSY: "You have another session at this time",
}


OF_ANOTHER = {Unavailable.MEMBER_BUSY: "The member has another session at this time"}


def refusal(reasons: Sequence[Unavailable], *, of_another: bool = False) -> Problem:
    """The problem that the first of the reasons makes; `of_another` where who asks is not the member."""
    first = reasons[0]
    if first is Unavailable.FULL:
        return SlotFull()
    return SlotUnavailable(first.value, OF_ANOTHER.get(first, MESSAGES[first]) if of_another else MESSAGES[first])
