"""A coach's calendar: availability, seats, holds, waiting lists, series, and bookings."""

from app.models.scheduling.calendars import (
    AvailabilityWindow,
    Booking,
    BookingStatus,
    CalendarSeat,
    CalendarSlot,
    CoachCalendar,
    DayOfWeek,
    TimeOff,
    TimeOffKind,
)
from app.models.scheduling.holds import SlotHold, WaitingListEntry, WaitingStatus
from app.models.scheduling.outside_calendars import OutsideCalendar, OutsideCalendarStatus
from app.models.scheduling.series import SessionSeries

__all__ = [
    "AvailabilityWindow",
    "Booking",
    "BookingStatus",
    "CalendarSeat",
    "CalendarSlot",
    "CoachCalendar",
    "DayOfWeek",
    "OutsideCalendar",
    "OutsideCalendarStatus",
    "SessionSeries",
    "SlotHold",
    "TimeOff",
    "TimeOffKind",
    "WaitingListEntry",
    "WaitingStatus",
]
