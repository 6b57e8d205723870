"""The rows of the access table about sessions, their series, plans, notes and ratings."""

from tests.house.rows import EVERYBODY, LOGIN, MEMBERS, STAFF, Row, given, inputs, its
from tests.house.world import ELEVEN, NEXT_WEEK, NINE, TEN, THURSDAY_NIGHT, World

SECTIONS = [{"heading": "Other", "text": "Words"}]


def of_the_series(world: World) -> str:
    return world.of_the_series


NODES = dict.fromkeys(
    (
        *("Booking", "NoteTemplate", "PlanItem", "PlanTemplate"),
        *("Session", "SessionNote", "SessionPlan", "SessionSeries"),
    ),
    LOGIN,
)
ROWS = {
    "Query.sessions": Row(LOGIN, given(), ("sessions:read",)),
    "Query.session": Row(LOGIN, given(id=its("Session")), ("sessions:read",)),
    "Query.planTemplates": Row(LOGIN, given(), ("sessions:read",), EVERYBODY, only=STAFF),
    "Query.noteTemplates": Row(LOGIN, given(), ("notes:read",)),
    "Mutation.bookSession": Row(
        LOGIN, inputs(coachId=its("Coach"), startsAt=TEN), ("sessions:write",), EVERYBODY, only=MEMBERS
    ),
    "Query.previewSeries": Row(
        LOGIN, given(coachId=its("Coach"), startsAt=NINE, everyWeeks=1, occurrences=2), ("sessions:write",)
    ),
    "Mutation.bookSeries": Row(
        LOGIN,
        inputs(coachId=its("Coach"), startsAt=ELEVEN, everyWeeks=1, occurrences=2),
        ("sessions:write",),
        EVERYBODY,
        only=MEMBERS,
    ),
    "Mutation.rescheduleSeries": Row(
        LOGIN, inputs(sessionId=of_the_series, scope="ALL", startsAt=THURSDAY_NIGHT), ("sessions:write",)
    ),
    "Mutation.cancelSeries": Row(LOGIN, inputs(sessionId=of_the_series, scope="ALL"), ("sessions:write",)),
    "Mutation.rescheduleSession": Row(LOGIN, inputs(sessionId=its("Session"), startsAt=TEN), ("sessions:write",)),
    "Mutation.cancelSession": Row(LOGIN, inputs(sessionId=its("Session")), ("sessions:write",)),
    "Mutation.scheduleSession": Row(
        LOGIN,
        inputs(coachId=its("Coach"), memberId=its("Member"), startsAt=ELEVEN),
        ("sessions:write",),
        EVERYBODY,
        only=STAFF,
    ),
    "Mutation.completeSession": Row(LOGIN, inputs(sessionId=its("Session")), ("sessions:write",), only=STAFF),
    "Mutation.markNoShow": Row(LOGIN, inputs(sessionId=its("Session")), ("sessions:write",), only=STAFF),
    "Mutation.cancelSlot": Row(
        LOGIN, inputs(coachId=its("Coach"), startsAt=NEXT_WEEK), ("sessions:write",), only=STAFF
    ),
    "Mutation.completeSlot": Row(
        LOGIN, inputs(coachId=its("Coach"), startsAt=NEXT_WEEK), ("sessions:write",), only=STAFF
    ),
    "Mutation.rateSession": Row(
        LOGIN, inputs(sessionId=World.spare_completed, stars=5), ("sessions:write",), EVERYBODY, only=MEMBERS
    ),
    "Mutation.changeSessionRating": Row(
        LOGIN, inputs(sessionId=World.spare_rated, stars=5), ("sessions:write",), EVERYBODY, only=MEMBERS
    ),
    "Mutation.createSessionPlan": Row(
        LOGIN, inputs(sessionId=World.planless), ("sessions:write",), EVERYBODY, only=STAFF
    ),
    "Mutation.updateSessionPlan": Row(
        LOGIN, inputs(id=its("SessionPlan"), notes="Bring a pen."), ("sessions:write",), EVERYBODY, only=STAFF
    ),
    "Mutation.shareSessionPlan": Row(LOGIN, inputs(id=its("SessionPlan")), ("sessions:write",), EVERYBODY, only=STAFF),
    "Mutation.unshareSessionPlan": Row(LOGIN, inputs(id=World.spare_plan), ("sessions:write",), EVERYBODY, only=STAFF),
    "Mutation.removeSessionPlan": Row(LOGIN, inputs(id=World.spare_plan), ("sessions:write",), EVERYBODY, only=STAFF),
    "Mutation.addPlanItem": Row(
        LOGIN, inputs(planId=its("SessionPlan"), title="More"), ("sessions:write",), EVERYBODY, only=STAFF
    ),
    "Mutation.updatePlanItem": Row(
        LOGIN, inputs(id=its("PlanItem"), title="Other"), ("sessions:write",), EVERYBODY, only=STAFF
    ),
    "Mutation.movePlanItem": Row(LOGIN, inputs(itemId=its("PlanItem")), ("sessions:write",), EVERYBODY, only=STAFF),
    "Mutation.removePlanItem": Row(LOGIN, inputs(id=World.spare_item), ("sessions:write",), EVERYBODY, only=STAFF),
    "Mutation.addPlanTemplate": Row(
        LOGIN, inputs(name="New", items=[], coachId=its("Coach")), ("sessions:write",), EVERYBODY, only=STAFF
    ),
    "Mutation.updatePlanTemplate": Row(
        LOGIN, inputs(id=its("PlanTemplate"), name="Other"), ("sessions:write",), EVERYBODY, only=STAFF
    ),
    "Mutation.removePlanTemplate": Row(
        LOGIN, inputs(id=World.spare_template), ("sessions:write",), EVERYBODY, only=STAFF
    ),
    "Mutation.writeSessionNote": Row(
        LOGIN, inputs(sessionId=its("Session"), visibility="SHARED", sections=SECTIONS), ("notes:write",)
    ),
    "Mutation.updateSessionNote": Row(
        LOGIN,
        inputs(id=its("SessionNote"), expectedVersion=1, sections=SECTIONS),
        ("notes:write",),
        EVERYBODY,
        only=STAFF,
    ),
    "Mutation.removeSessionNote": Row(LOGIN, inputs(id=World.spare_note), ("notes:write",), EVERYBODY, only=STAFF),
    "Mutation.addNoteTemplate": Row(
        LOGIN,
        inputs(name=World.new_name, headings=["First"], coachId=its("Coach")),
        ("note_templates:write",),
        STAFF,
    ),
    "Mutation.updateNoteTemplate": Row(
        LOGIN, inputs(id=its("NoteTemplate"), headings=["Other"]), ("note_templates:write",), STAFF
    ),
    "Mutation.removeNoteTemplate": Row(LOGIN, inputs(id=World.spare_note_template), ("note_templates:write",), STAFF),
    "Subscription.sessionChanged": Row(LOGIN, given(memberId=its("Member")), ("sessions:read",)),
}
