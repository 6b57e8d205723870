"""Coaching sessions, and what is kept with them."""

from app.schema.sessions.calendar import (
    CalendarEvent,
    CalendarFeed,
    CreateCalendarFeedInput,
    CreatedCalendarFeed,
    RevokeCalendarFeedInput,
)
from app.schema.sessions.following import SessionsChanged
from app.schema.sessions.notes import NoteTemplate, SessionNote
from app.schema.sessions.plans import (
    AddPlanItemInput,
    AddPlanTemplateInput,
    CreateSessionPlanInput,
    MovePlanItemInput,
    PlanItem,
    PlanTemplate,
    PlanTemplateItemInput,
    RemovePlanItemInput,
    RemovePlanTemplateInput,
    RemoveSessionPlanInput,
    SessionPlan,
    ShareSessionPlanInput,
    UnshareSessionPlanInput,
    UpdatePlanItemInput,
    UpdatePlanTemplateInput,
    UpdateSessionPlanInput,
)
from app.schema.sessions.ratings import ChangeSessionRatingInput, RateSessionInput, SessionRating
from app.schema.sessions.series import SessionSeries
from app.schema.sessions.session import Session, SessionChange, SessionFilter

__all__ = [
    "AddPlanItemInput",
    "AddPlanTemplateInput",
    "CalendarEvent",
    "CalendarFeed",
    "ChangeSessionRatingInput",
    "CreateCalendarFeedInput",
    "CreateSessionPlanInput",
    "CreatedCalendarFeed",
    "MovePlanItemInput",
    "NoteTemplate",
    "PlanItem",
    "PlanTemplate",
    "PlanTemplateItemInput",
    "RateSessionInput",
    "RemovePlanItemInput",
    "RemovePlanTemplateInput",
    "RemoveSessionPlanInput",
    "RevokeCalendarFeedInput",
    "Session",
    "SessionChange",
    "SessionFilter",
    "SessionNote",
    "SessionPlan",
    "SessionRating",
    "SessionSeries",
    "SessionsChanged",
    "ShareSessionPlanInput",
    "UnshareSessionPlanInput",
    "UpdatePlanItemInput",
    "UpdatePlanTemplateInput",
    "UpdateSessionPlanInput",
]
