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
from app.services.scheduling.booking import Booked, BookSession, ScheduleSession, access_booking, calendar_owner
from app.services.scheduling.changes import (
    CancelSession,
    ChangeSession,
    CompleteSession,
    MarkNoShow,
    RescheduleSession,
)
from app.services.scheduling.holds import HoldSlot, extend_hold, list_holds, release_hold
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
from app.services.scheduling.outside_calendars import (
    NewOutsideCalendar,
    OutsideCalendarChanges,
    add_outside_calendar,
    list_outside_calendars,
    refresh_outside_calendar,
    remove_outside_calendar,
    update_outside_calendar,
)
from app.services.scheduling.reading import CalendarReadings
from app.services.scheduling.series import BookSeries, SeriesQuestion, preview_series, series_form
from app.services.scheduling.series_changes import (
    CancelSeries,
    ChangeSeries,
    RescheduleSeries,
    SeriesChanged,
    SeriesScope,
    SkippedSession,
)
from app.services.scheduling.series_dates import SeriesDate
from app.services.scheduling.slot_wide import CancelSlot, CompleteSlot, SlotChanges, cancel_slot, complete_slot
from app.services.scheduling.slots import Slot, Unavailable
from app.services.scheduling.waiting_list import (
    JoinWaitingList,
    WaitingFilter,
    join_waiting_list,
    leave_waiting_list,
    list_waiting,
)
from app.services.scheduling.writer import CalendarWriter

__all__ = [
    "BookSeries",
    "BookSession",
    "Booked",
    "CalendarReadings",
    "CalendarWriter",
    "CancelSeries",
    "CancelSession",
    "CancelSlot",
    "ChangeSeries",
    "ChangeSession",
    "CompleteSession",
    "CompleteSlot",
    "HoldSlot",
    "JoinWaitingList",
    "MarkNoShow",
    "NewOutsideCalendar",
    "NewTimeOff",
    "NewWindow",
    "OutsideCalendarChanges",
    "RescheduleSeries",
    "RescheduleSession",
    "ScheduleSession",
    "SeriesChanged",
    "SeriesDate",
    "SeriesQuestion",
    "SeriesScope",
    "SkippedSession",
    "Slot",
    "SlotCalendar",
    "SlotChanges",
    "SlotExplanation",
    "SlotQuestion",
    "SlotRange",
    "SlotReason",
    "Unavailable",
    "WaitingFilter",
    "WindowChanges",
    "access_booking",
    "add_availability_window",
    "add_outside_calendar",
    "add_time_off",
    "available_slots",
    "calendar_owner",
    "cancel_slot",
    "complete_slot",
    "explain_slot",
    "extend_hold",
    "find_slot",
    "join_waiting_list",
    "leave_waiting_list",
    "list_holds",
    "list_outside_calendars",
    "list_waiting",
    "next_available_slot",
    "preview_series",
    "refresh_outside_calendar",
    "release_hold",
    "remove_availability_window",
    "remove_outside_calendar",
    "remove_time_off",
    "series_form",
    "update_availability_window",
    "update_outside_calendar",
]
