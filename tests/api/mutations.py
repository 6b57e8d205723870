"""Every mutation, with the kind of each of its fields."""

from uuid import uuid4

from tests.api.mutation import Mutation
from tests.beside import beside

PASSWORD = "a long password"


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
}
for area in beside(__file__, "mutations_"):
    MUTATIONS |= area.MUTATIONS
MUTATIONS |= {
    "assignCoach": Mutation(
        "admin",
        lambda world: {"memberId": world.ids["Member"], "coachId": world.foreign["Coach"]},
        ids={"memberId": "Member", "coachId": "Coach"},
        texts={"reason": 200},
        required=("memberId", "coachId"),
    ),
}
