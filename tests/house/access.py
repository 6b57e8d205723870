"""The access table: each root field, who may ask it, how a stranger is answered, and arguments that would succeed."""

from tests.beside import beside
from tests.house.rows import ADMINS, LOGIN, STAFF, Row, given, inputs, its
from tests.house.world import DAY, NINE, World

PASSWORD = "long enough for this"

ACCESS = {
    "Query.node": Row("Coach", given(id=its("Coach"))),
    "Query.nodes": Row("list", given(ids=lambda world: [world.coach.id, world.ids["Slot"]])),
    "Query.viewer": Row("null", given()),
    "Query.coaches": Row("CoachConnection", given()),
    "Query.coach": Row("Coach", given(id=its("Coach"))),
    "Query.members": Row(LOGIN, given(), ("members:read",), STAFF),
    "Query.member": Row(LOGIN, given(id=its("Member"))),
    "Mutation.signUp": Row(
        "AuthSession", inputs(email=World.new_address, password=PASSWORD, firstName="New", lastName="Member")
    ),
    "Mutation.logIn": Row("InvalidCredentials", inputs(email="nobody@example.com", password=PASSWORD)),
    "Mutation.refreshSession": Row("InvalidRefreshToken", inputs(refreshToken="unknown")),
    "Mutation.logOut": Row(LOGIN, given()),
    "Mutation.createCoach": Row(
        LOGIN,
        inputs(email=World.new_address, password=PASSWORD, displayName="New", timeZone="UTC"),
        ("coaches:create",),
        ADMINS,
    ),
    "Mutation.updateCoach": Row(LOGIN, inputs(id=its("Coach"), bio="Other words."), ("coaches:write",), STAFF),
    "Mutation.updateMember": Row(
        LOGIN, inputs(id=its("Member"), coachingFocus="Other goals."), ("profile:write", "members:write")
    ),
    "Mutation.assignCoach": Row(
        LOGIN, inputs(memberId=its("Member"), coachId=its("Coach"), reason="Better so."), ("members:assign",), ADMINS
    ),
}

# Everything that has a global id, and how `node` answers a stranger who has come by it.
NODES = {
    "Assignment": LOGIN,
    "Coach": "Coach",
    "Member": LOGIN,
    "User": LOGIN,
}

for area in beside(__file__, "access_"):
    ACCESS |= area.ROWS
    NODES |= getattr(area, "NODES", {})


def of_the_closed(world: World) -> str:
    return world.closed.id


# Where a field is open, these are still closed to a stranger, found or not.
CLOSED_TO_STRANGERS = {
    "Query.coach": given(id=of_the_closed),
    "Query.availableSlots": given(coachId=of_the_closed, **DAY),
    "Query.nextAvailableSlot": given(coachId=of_the_closed),
    "Query.explainSlot": given(coachId=of_the_closed, startsAt=NINE),
    "Subscription.slotAvailability": given(coachId=of_the_closed, **DAY),
}
