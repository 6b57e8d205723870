"""The operations that many tests ask, written once."""

from typing import Any

from tests.practice import Person, Practice

SLOT = "id startsAt endsAt capacity booked remaining isBookable unavailableReason localDate localTime utcOffsetMinutes"
AVAILABLE = (
    "query ($coachId: ID!, $from: DateTime!, $to: DateTime!, $zone: TimeZone, $all: Boolean) {"
    " availableSlots(coachId: $coachId, from: $from, to: $to, timeZone: $zone, includeUnavailable: $all) {"
    f" version timeZone slots {{ {SLOT} }} }} }}"
)
EXPLAIN = (
    "query ($coachId: ID!, $startsAt: DateTime!) { explainSlot(coachId: $coachId, startsAt: $startsAt) {"
    " isBookable reasons { code message } slot { id startsAt } } }"
)
PROBLEM = "... on Problem { code message }"
BOOK = (
    "mutation ($input: BookSessionInput!) { bookSession(input: $input) { __typename ... on Booking { id status"
    " session { id startsAt endsAt status version memberName note kind format }"
    f" slot {{ id remaining booked isBookable unavailableReason }} }} {PROBLEM} ... on SlotUnavailable {{ reason }}"
    " ... on InvalidInput { field } } }"
)
CANCEL = (
    "mutation ($input: CancelSessionInput!) { cancelSession(input: $input) { __typename ... on Session { id status"
    f" version cancelledAt cancellationReason }} {PROBLEM} ... on InvalidInput {{ field }} }} }}"
)
RESCHEDULE = (
    "mutation ($input: RescheduleSessionInput!) { rescheduleSession(input: $input) { __typename ... on Session { id"
    f" startsAt endsAt status version history {{ kind version fromStartsAt toStartsAt }} }} {PROBLEM}"
    " ... on SlotUnavailable { reason } ... on VersionConflict { currentVersion } ... on InvalidInput { field } } }"
)
ADD_WINDOW = (
    "mutation ($input: AddAvailabilityWindowInput!) { addAvailabilityWindow(input: $input) { __typename"
    f" ... on AvailabilityWindow {{ id dayOfWeek startTime endTime maxSessionsPerSlot location }} {PROBLEM}"
    " ... on InvalidInput { field } } }"
)
UPDATE_WINDOW = (
    "mutation ($input: UpdateAvailabilityWindowInput!) { updateAvailabilityWindow(input: $input) { __typename"
    f" ... on AvailabilityWindow {{ id dayOfWeek startTime endTime maxSessionsPerSlot }} {PROBLEM}"
    " ... on BookingsInTheWay { sessions { id } } ... on InvalidInput { field } } }"
)
REMOVE_WINDOW = (
    "mutation ($input: RemoveAvailabilityWindowInput!) { removeAvailabilityWindow(input: $input) { __typename"
    f" ... on Removed {{ id }} {PROBLEM} ... on BookingsInTheWay {{ sessions {{ id }} }}"
    " ... on InvalidInput { field } } }"
)
ADD_TIME_OFF = (
    "mutation ($input: AddTimeOffInput!) { addTimeOff(input: $input) { __typename ... on TimeOff { id startsAt endsAt"
    f" kind reason }} {PROBLEM} ... on BookingsInTheWay {{ sessions {{ id }} }} ... on InvalidInput {{ field }} }} }}"
)
REMOVE_TIME_OFF = (
    "mutation ($input: RemoveTimeOffInput!) { removeTimeOff(input: $input) { __typename ... on Removed { id }"
    f" {PROBLEM} ... on InvalidInput {{ field }} }} }}"
)
UPDATE_COACH = (
    "mutation ($input: UpdateCoachInput!) { updateCoach(input: $input) { __typename ... on Coach { id displayName"
    " bufferMinutes sessionMinutes maxMembers isAcceptingMembers bookingAudience timeZone specialties"
    f" slotIntervalMinutes minNoticeMinutes bookingWindowDays status }} {PROBLEM}"
    " ... on BookingsInTheWay { sessions { id } } ... on InvalidInput { field } } }"
)
ASSIGN = (
    "mutation ($input: AssignCoachInput!) { assignCoach(input: $input) { __typename ... on Member { id coach { id } }"
    f" {PROBLEM} ... on InvalidInput {{ field }} }} }}"
)
SIGN_UP = (
    "mutation ($input: SignUpInput!) { signUp(input: $input) { __typename ... on AuthSession { accessToken refreshToken"
    " expiresAt viewer { user { email role } member { id onboardingStatus status coach { id } } permissions } }"
    f" {PROBLEM} ... on InvalidInput {{ field }} }} }}"
)
LOG_IN = (
    "mutation ($input: LogInInput!) { logIn(input: $input) { __typename ... on AuthSession { accessToken refreshToken"
    f" expiresAt viewer {{ user {{ email role }} }} }} {PROBLEM} ... on InvalidInput {{ field }} }} }}"
)
REFRESH = (
    "mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { __typename"
    f" ... on AuthSession {{ accessToken refreshToken viewer {{ user {{ email }} }} }} {PROBLEM} }} }}"
)

EVERY_DAY = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


async def add_window(
    practice: Practice, coach: Person, day: str = "MONDAY", start: str = "09:00", end: str = "12:00", seats: int = 1
) -> str:
    """A window's id."""
    given = {"dayOfWeek": day, "startTime": start, "endTime": end, "maxSessionsPerSlot": seats}
    window = await practice.ask(ADD_WINDOW, coach, input=given)
    assert window["__typename"] == "AvailabilityWindow", window
    return str(window["id"])


async def book(practice: Practice, who: Person, coach: Person, starts_at: str, **more: Any) -> dict[str, Any]:
    """Whatever the booking answers."""
    answer: dict[str, Any] = await practice.ask(BOOK, who, input={"coachId": coach.id, "startsAt": starts_at, **more})
    return answer


async def booked(practice: Practice, who: Person, coach: Person, starts_at: str, **more: Any) -> str:
    """The id of a session that was confirmed."""
    answer = await book(practice, who, coach, starts_at, **more)
    assert answer["__typename"] == "Booking", answer
    return str(answer["session"]["id"])


async def slots(
    practice: Practice, who: Person | None, coach: Person, since: str, until: str, *, every: bool = False
) -> list[dict[str, Any]]:
    calendar = await practice.ask(AVAILABLE, who, coachId=coach.id, **{"from": since}, to=until, all=every)
    listed: list[dict[str, Any]] = calendar["slots"]
    return listed
