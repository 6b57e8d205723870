"""What a request to a calendar comes down to: its parts, and what is decided over them."""

from collections.abc import Sequence

import structlog

from app.problems import Problem, Refusal
from app.services.scheduling.answers import Decided
from app.services.scheduling.booking import BookSession, decide_booking
from app.services.scheduling.changes import (
    CancelSession,
    CompleteSession,
    MarkNoShow,
    RescheduleSession,
    decide_cancellation,
    decide_completion,
    decide_move,
    decide_no_show,
)
from app.services.scheduling.holds import HoldSlot, decide_hold
from app.services.scheduling.requests import Asked, Found
from app.services.scheduling.series import BookSeries, decide_series, parts_of_series
from app.services.scheduling.series_changes import (
    CancelSeries,
    RescheduleSeries,
    decide_series_change,
    parts_of_change,
)

log = structlog.get_logger(__name__)


def parts_of(asked: Asked, found: Sequence[Found | None]) -> list[Asked]:
    """What is to be read of a request, after what has been read of it."""
    match asked.form:
        case BookSeries() as form:
            return parts_of_series(asked, form, found)
        case CancelSeries() | RescheduleSeries() as form:
            return parts_of_change(asked, form, found)
    return [asked]


def decide(asked: Asked, parts: Sequence[Found | None]) -> Decided | None:
    """None if it is not the request's turn; an exception is one request's own, and leaves the calendar as it was."""
    found = [what for what in parts if what is not None]
    if not found:
        return None
    opened = found[0].open_calendar
    before = None if opened is None else opened.calendar
    try:
        match asked.form:
            case BookSeries() as form:
                return decide_series(asked, form, found)
            case CancelSeries() | RescheduleSeries() as form:
                return decide_series_change(asked, form, found)
            case BookSession() as form:
                return decide_booking(asked, form, found[0])
            case CancelSession() as form:
                return decide_cancellation(asked, form, found[0])
            case RescheduleSession() as form:
                return decide_move(asked, form, found[0])
            case CompleteSession() as form:
                return decide_completion(asked, form, found[0])
            case MarkNoShow() as form:
                return decide_no_show(asked, form, found[0])
            case HoldSlot() as form:
                return decide_hold(asked, form, found[0])
    except Exception as failure:
        if opened is not None and before is not None:
            opened.calendar = before  # parts of it may have been decided
        if not isinstance(failure, Problem | Refusal):
            log.exception("a request could not be decided")
        return failure
    raise TypeError(f"{type(asked.form).__name__} is no request to a calendar")
