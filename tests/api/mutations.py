"""Every mutation, with the kind of each of its fields."""

from uuid import uuid4

from tests.api.mutation import Mutation
from tests.api.world import FULL_TOO, HELD, TEN

PASSWORD = "a long password"
SECTIONS = [{"heading": "A heading", "text": "Some words"}]
LATER = "2026-03-09T11:00:00Z"


def new_email() -> str:
    return f"{uuid4().hex}@example.com"


# In an order in which all that is valid is accepted, one after the other.
MUTATIONS = {
    "signUp": Mutation(
        "stranger",
        lambda world: {"email": new_email(), "password": PASSWORD, "firstName": "Ada", "lastName": "Byron"},
        ids={"coachId": "Coach"},
        zones=("timeZone",),
        emails=("email",),
        texts={"password": 256, "firstName": 80, "lastName": 80},
        required=("email", "password", "firstName", "lastName"),
        never_null=("timeZone",),
    ),
    "logIn": Mutation(
        "stranger",
        lambda world: {"email": world.member.user.email, "password": PASSWORD},
        emails=("email",),
        secrets=("password",),
        required=("email", "password"),
    ),
    "refreshSession": Mutation(
        "stranger",
        lambda world: {"refreshToken": "one that nobody has"},
        secrets=("refreshToken",),
        required=("refreshToken",),
    ),
    "createCoach": Mutation(
        "admin",
        lambda world: {"email": new_email(), "password": PASSWORD, "displayName": "Ada", "timeZone": "UTC"},
        zones=("timeZone",),
        emails=("email",),
        texts={"password": 256, "displayName": 120},
        required=("email", "password", "displayName", "timeZone"),
    ),
    "updateCoach": Mutation(
        "admin",
        lambda world: {"id": world.ids["Coach"], "bio": "Has changed"},
        ids={"id": "Coach"},
        zones=("timeZone",),
        texts={"displayName": 120, "practiceName": 120, "bio": 5_000, "coachingFocus": 200},
        lists={"specialties": (20, 80)},
        ints={
            "yearsExperience": (0, 80),
            "maxMembers": (0, 10_000),
            "sessionMinutes": (5, 720),
            "bufferMinutes": (0, 720),
            "slotIntervalMinutes": (5, 1_440),
            "minNoticeMinutes": (0, 525_600),
            "bookingWindowDays": (0, 730),
            "cancellationNoticeHours": (0, 720),
            "waitingOfferMinutes": (1, 1_440),
        },
        choices=("status", "bookingAudience"),
        flags=("isAcceptingMembers",),
        required=("id",),
        never_null=(
            *("displayName", "specialties", "timeZone", "status", "maxMembers", "isAcceptingMembers"),
            *("bookingAudience", "sessionMinutes", "bufferMinutes", "minNoticeMinutes", "bookingWindowDays"),
            "waitingOfferMinutes",
        ),
    ),
    "updateMember": Mutation(
        "coach",
        lambda world: {"id": world.ids["Member"], "coachingFocus": "Has changed"},
        ids={"id": "Member"},
        days=("startDate", "endDate"),
        texts={"firstName": 80, "lastName": 80, "phone": 40, "emergencyContact": 200, "coachingFocus": 200},
        lists={"goals": (50, 200)},
        choices=("status", "onboardingStatus"),
        required=("id",),
        never_null=("firstName", "lastName", "goals", "status", "onboardingStatus"),
    ),
    "addAvailabilityWindow": Mutation(
        "admin",
        lambda world: {
            "dayOfWeek": "SUNDAY",
            "startTime": "09:00",
            "endTime": "12:00",
            "maxSessionsPerSlot": 1,
            "coachId": world.ids["Coach"],
        },
        ids={"coachId": "Coach"},
        clocks=("startTime", "endTime"),
        texts={"location": 200},
        ints={"maxSessionsPerSlot": (1, 1_000)},
        choices=("dayOfWeek",),
        required=("dayOfWeek", "startTime", "endTime", "maxSessionsPerSlot"),
    ),
    "updateAvailabilityWindow": Mutation(
        "coach",
        lambda world: {"id": world.ids["AvailabilityWindow"], "location": "Elsewhere"},
        ids={"id": "AvailabilityWindow"},
        clocks=("startTime", "endTime"),
        texts={"location": 200},
        ints={"maxSessionsPerSlot": (1, 1_000)},
        choices=("dayOfWeek",),
        required=("id",),
        never_null=("dayOfWeek", "startTime", "endTime", "maxSessionsPerSlot"),
    ),
    "addTimeOff": Mutation(
        "admin",
        lambda world: {
            "startsAt": "2026-06-01T00:00:00Z",
            "endsAt": "2026-06-02T00:00:00Z",
            "coachId": world.ids["Coach"],
        },
        ids={"coachId": "Coach"},
        times=("startsAt", "endsAt"),
        texts={"reason": 200},
        choices=("kind",),
        required=("startsAt", "endsAt"),
        never_null=("kind",),
    ),
    "bookSession": Mutation(
        "member",
        lambda world: {"coachId": world.ids["Coach"], "startsAt": TEN},
        ids={"coachId": "Coach", "holdId": "SlotHold"},
        times=("startsAt",),
        texts={"note": 2_000, "idempotencyKey": 200},
        choices=("kind", "format"),
        required=("coachId", "startsAt"),
        never_null=("kind", "format"),
    ),
    "extendHold": Mutation(
        "member", lambda world: {"holdId": world.ids["SlotHold"]}, ids={"holdId": "SlotHold"}, required=("holdId",)
    ),
    "releaseHold": Mutation(
        "member", lambda world: {"holdId": world.ids["SlotHold"]}, ids={"holdId": "SlotHold"}, required=("holdId",)
    ),
    "holdSlot": Mutation(
        "member",
        lambda world: {"coachId": world.ids["Coach"], "startsAt": HELD},
        ids={"coachId": "Coach"},
        times=("startsAt",),
        required=("coachId", "startsAt"),
    ),
    "leaveWaitingList": Mutation(
        "member",
        lambda world: {"entryId": world.ids["WaitingListEntry"]},
        ids={"entryId": "WaitingListEntry"},
        required=("entryId",),
    ),
    "joinWaitingList": Mutation(
        "member",
        lambda world: {"coachId": world.ids["Coach"], "startsAt": FULL_TOO},
        ids={"coachId": "Coach"},
        times=("startsAt",),
        required=("coachId", "startsAt"),
    ),
    "createSessionPlan": Mutation(
        "coach",
        lambda world: {"sessionId": world.planless, "templateId": world.ids["PlanTemplate"]},
        ids={"sessionId": "Session", "templateId": "PlanTemplate", "fromSessionId": "Session"},
        required=("sessionId",),
    ),
    "updateSessionPlan": Mutation(
        "coach",
        lambda world: {"id": world.ids["SessionPlan"], "notes": "Bring a pen", "remindAt": "2026-03-02T08:30:00Z"},
        ids={"id": "SessionPlan"},
        times=("remindAt",),
        texts={"notes": 5_000},
        versions=("expectedVersion",),
        required=("id",),
    ),
    "shareSessionPlan": Mutation(
        "coach", lambda world: {"id": world.ids["SessionPlan"]}, ids={"id": "SessionPlan"}, required=("id",)
    ),
    "unshareSessionPlan": Mutation(
        "coach", lambda world: {"id": world.ids["SessionPlan"]}, ids={"id": "SessionPlan"}, required=("id",)
    ),
    "addPlanItem": Mutation(
        "coach",
        lambda world: {"planId": world.ids["SessionPlan"], "title": "More"},
        ids={"planId": "SessionPlan", "afterItemId": "PlanItem"},
        texts={"title": 200, "description": 2_000},
        ints={"minutes": (1, 720)},
        required=("planId", "title"),
    ),
    "updatePlanItem": Mutation(
        "coach",
        lambda world: {"id": world.ids["PlanItem"], "title": "Other"},
        ids={"id": "PlanItem"},
        texts={"title": 200, "description": 2_000},
        ints={"minutes": (1, 720)},
        required=("id",),
        never_null=("title",),
    ),
    "movePlanItem": Mutation(
        "coach",
        lambda world: {"itemId": world.ids["PlanItem"]},
        ids={"itemId": "PlanItem", "afterItemId": "PlanItem"},
        required=("itemId",),
    ),
    "removePlanItem": Mutation(
        "coach", lambda world: {"id": world.ids["PlanItem"]}, ids={"id": "PlanItem"}, required=("id",)
    ),
    "removeSessionPlan": Mutation(
        "coach", lambda world: {"id": world.ids["SessionPlan"]}, ids={"id": "SessionPlan"}, required=("id",)
    ),
    "addPlanTemplate": Mutation(
        "admin",
        lambda world: {"name": "Another", "items": [{"title": "One"}], "coachId": world.ids["Coach"]},
        ids={"coachId": "Coach"},
        texts={"name": 120},
        lists={"items": (100, 200)},
        required=("name", "items"),
    ),
    "updatePlanTemplate": Mutation(
        "coach",
        lambda world: {"id": world.ids["PlanTemplate"], "name": "Other"},
        ids={"id": "PlanTemplate"},
        texts={"name": 120},
        lists={"items": (100, 200)},
        required=("id",),
        never_null=("name", "items"),
    ),
    "removePlanTemplate": Mutation(
        "coach", lambda world: {"id": world.ids["PlanTemplate"]}, ids={"id": "PlanTemplate"}, required=("id",)
    ),
    "rescheduleSession": Mutation(
        "member",
        lambda world: {"sessionId": world.ids["Session"], "startsAt": "2026-03-02T11:00:00Z"},
        ids={"sessionId": "Session"},
        times=("startsAt",),
        texts={"overrideReason": 200},
        versions=("expectedVersion",),
        required=("sessionId", "startsAt"),
    ),
    "cancelSession": Mutation(
        "member",
        lambda world: {"sessionId": world.ids["Session"]},
        ids={"sessionId": "Session"},
        texts={"reason": 200},
        required=("sessionId",),
    ),
    "scheduleSession": Mutation(
        "admin",
        lambda world: {"coachId": world.ids["Coach"], "memberId": world.ids["Member"], "startsAt": LATER},
        ids={"coachId": "Coach", "memberId": "Member"},
        times=("startsAt",),
        texts={"note": 2_000, "overrideReason": 200, "idempotencyKey": 200},
        choices=("kind", "format"),
        required=("memberId", "startsAt"),
        never_null=("kind", "format"),
    ),
    "completeSession": Mutation(
        "coach",
        lambda world: {"sessionId": world.begun[0]},
        ids={"sessionId": "Session"},
        texts={"overrideReason": 200},
        required=("sessionId",),
    ),
    "markNoShow": Mutation(
        "coach",
        lambda world: {"sessionId": world.begun[1]},
        ids={"sessionId": "Session"},
        texts={"reason": 200},
        required=("sessionId",),
    ),
    "cancelSlot": Mutation(
        "admin",
        lambda world: {"coachId": world.ids["Coach"], "startsAt": LATER},
        ids={"coachId": "Coach"},
        times=("startsAt",),
        texts={"reason": 200},
        required=("startsAt",),
    ),
    "completeSlot": Mutation(
        "admin",
        lambda world: {"coachId": world.ids["Coach"], "startsAt": LATER},
        ids={"coachId": "Coach"},
        times=("startsAt",),
        required=("startsAt",),
    ),
    "rateSession": Mutation(
        "member",
        lambda world: {"sessionId": world.completed, "stars": 4},
        ids={"sessionId": "Session"},
        texts={"comment": 2_000},
        ints={"stars": (1, 5)},
        required=("sessionId", "stars"),
    ),
    "changeSessionRating": Mutation(
        "member",
        lambda world: {"sessionId": world.completed, "stars": 5},
        ids={"sessionId": "Session"},
        texts={"comment": 2_000},
        ints={"stars": (1, 5)},
        required=("sessionId",),
        never_null=("stars",),
    ),
    "writeSessionNote": Mutation(
        "coach",
        lambda world: {"sessionId": world.ids["Session"], "visibility": "SHARED", "sections": SECTIONS},
        ids={"sessionId": "Session", "templateId": "NoteTemplate"},
        texts={"idempotencyKey": 200},
        choices=("visibility",),
        flags=("isDraft",),
        sections=("sections",),
        required=("sessionId", "visibility"),
        never_null=("isDraft", "sections"),
    ),
    "updateSessionNote": Mutation(
        "coach",
        lambda world: {"id": world.ids["SessionNote"], "expectedVersion": 1, "sections": SECTIONS},
        ids={"id": "SessionNote"},
        versions=("expectedVersion",),
        choices=("visibility",),
        flags=("isDraft",),
        sections=("sections",),
        required=("id", "expectedVersion"),
        never_null=("visibility", "isDraft", "sections"),
    ),
    "removeSessionNote": Mutation(
        "coach",
        lambda world: {"id": world.ids["SessionNote"]},
        ids={"id": "SessionNote"},
        required=("id",),
    ),
    "addNoteTemplate": Mutation(
        "admin",
        lambda world: {"name": "Another", "headings": ["One"], "coachId": world.ids["Coach"]},
        ids={"coachId": "Coach"},
        texts={"name": 80},
        lists={"headings": (20, 120)},
        required=("name", "headings"),
    ),
    "updateNoteTemplate": Mutation(
        "coach",
        lambda world: {"id": world.ids["NoteTemplate"], "headings": ["Other"]},
        ids={"id": "NoteTemplate"},
        texts={"name": 80},
        lists={"headings": (20, 120)},
        required=("id",),
        never_null=("name", "headings"),
    ),
    "removeNoteTemplate": Mutation(
        "coach",
        lambda world: {"id": world.ids["NoteTemplate"]},
        ids={"id": "NoteTemplate"},
        required=("id",),
    ),
    "removeAvailabilityWindow": Mutation(
        "coach",
        lambda world: {"id": world.spare_window},
        ids={"id": "AvailabilityWindow"},
        required=("id",),
    ),
    "removeTimeOff": Mutation(
        "coach",
        lambda world: {"id": world.ids["TimeOff"]},
        ids={"id": "TimeOff"},
        required=("id",),
    ),
    "assignCoach": Mutation(
        "admin",
        lambda world: {"memberId": world.ids["Member"], "coachId": world.foreign["Coach"]},
        ids={"memberId": "Member", "coachId": "Coach"},
        texts={"reason": 200},
        required=("memberId", "coachId"),
    ),
}
