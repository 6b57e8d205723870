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
from app.services.scheduling.booking import Booked, BookSession, access_booking, book_session
from app.services.scheduling.changes import CancelSession, RescheduleSession, cancel_session, reschedule_session
from app.services.scheduling.listing import (
    SlotCalendar,
    SlotExplanation,
    SlotQuestion,
    SlotRange,
    SlotReason,
    available_slots,
    explain_slot,
    next_available_slot,
)
from app.services.scheduling.slots import Slot, Unavailable

__all__ = [
    "BookSession",
    "Booked",
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
    "book_session",
    "cancel_session",
    "explain_slot",
    "next_available_slot",
    "remove_availability_window",
    "remove_time_off",
    "reschedule_session",
    "update_availability_window",
]
