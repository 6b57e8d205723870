"""Availability, slots and bookings of a coach's calendar."""

from app.services.scheduling.availability import (
    NewTimeOff,
    NewWindow,
    WindowChanges,
    add_availability_window,
    add_time_off,
    remove_availability_window,
    remove_time_off,
    update_availability_window,
)
from app.services.scheduling.booking import Booked, BookSession, access_booking
from app.services.scheduling.changes import CancelSession, RescheduleSession
from app.services.scheduling.listing import (
    SlotCalendar,
    SlotExplanation,
    SlotQuestion,
    SlotRange,
    SlotReason,
    available_slots,
    explain_slot,
    find_slot,
    next_available_slot,
)
from app.services.scheduling.reading import CalendarReadings
from app.services.scheduling.slots import Slot, Unavailable
from app.services.scheduling.writer import CalendarWriter

__all__ = [
    "BookSession",
    "Booked",
    "CalendarReadings",
    "CalendarWriter",
    "CancelSession",
    "NewTimeOff",
    "NewWindow",
    "RescheduleSession",
    "Slot",
    "SlotCalendar",
    "SlotExplanation",
    "SlotQuestion",
    "SlotRange",
    "SlotReason",
    "Unavailable",
    "WindowChanges",
    "access_booking",
    "add_availability_window",
    "add_time_off",
    "available_slots",
    "explain_slot",
    "find_slot",
    "next_available_slot",
    "remove_availability_window",
    "remove_time_off",
    "update_availability_window",
]
