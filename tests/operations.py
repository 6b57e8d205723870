"""The operations that many tests ask, written once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlmodel import SQLModel

from app.wire.relay import parse_key
from tests.practice import Person, Practice

TABLES = sorted(SQLModel.metadata.tables)

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
OUTSIDE = "id name host status problem fetchedAt nextFetchAt busyTimes"
ADD_OUTSIDE_CALENDAR = (
    "mutation ($input: AddOutsideCalendarInput!) { addOutsideCalendar(input: $input) { __typename"
    f" ... on OutsideCalendar {{ {OUTSIDE} }} {PROBLEM} ... on InvalidInput {{ field }} }} }}"
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
NOTE = "id version isDraft visibility template author { role name } sections { heading text }"
WRITE_NOTE = (
    f"mutation ($input: WriteSessionNoteInput!) {{ writeSessionNote(input: $input) {{ __typename ... on SessionNote {{"
    f" {NOTE} session {{ id }} }} {PROBLEM} ... on InvalidInput {{ field }} }} }}"
)
UPDATE_NOTE = (
    "mutation ($input: UpdateSessionNoteInput!) { updateSessionNote(input: $input) { __typename ... on SessionNote {"
    f" {NOTE} }} {PROBLEM} ... on InvalidInput {{ field }} ... on VersionConflict {{ currentVersion }} }} }}"
)
REMOVE_NOTE = (
    "mutation ($input: RemoveSessionNoteInput!) { removeSessionNote(input: $input) { __typename ... on Removed { id }"
    f" {PROBLEM} }} }}"
)
ADD_NOTE_TEMPLATE = (
    "mutation ($input: AddNoteTemplateInput!) { addNoteTemplate(input: $input) { __typename ... on NoteTemplate { id"
    f" name headings isBuiltIn }} {PROBLEM} ... on InvalidInput {{ field }} }} }}"
)

RATING = "stars comment createdAt updatedAt changeableUntil"
RATE = (
    "mutation ($input: RateSessionInput!) { rateSession(input: $input) { __typename ... on SessionRating {"
    f" {RATING} session {{ id }} }} {PROBLEM} ... on SessionNotCompleted {{ status }}"
    " ... on AlreadyRated { canBeChanged } ... on InvalidInput { field } } }"
)
CHANGE_RATING = (
    "mutation ($input: ChangeSessionRatingInput!) { changeSessionRating(input: $input) { __typename"
    f" ... on SessionRating {{ {RATING} }} {PROBLEM} ... on InvalidInput {{ field }} }} }}"
)

PLAN = (
    "id notes isShared sharedAt remindAt remindedAt version createdAt updatedAt session { id }"
    " items { id title description minutes }"
)
CREATE_PLAN = (
    "mutation ($input: CreateSessionPlanInput!) { createSessionPlan(input: $input) { __typename"
    f" ... on SessionPlan {{ {PLAN} }} {PROBLEM} ... on InvalidInput {{ field }} }} }}"
)
UPDATE_PLAN = (
    "mutation ($input: UpdateSessionPlanInput!) { updateSessionPlan(input: $input) { __typename"
    f" ... on SessionPlan {{ {PLAN} }} {PROBLEM} ... on VersionConflict {{ currentVersion }}"
    " ... on InvalidInput { field } } }"
)
SHARE_PLAN = (
    "mutation ($input: ShareSessionPlanInput!) { shareSessionPlan(input: $input) { __typename"
    f" ... on SessionPlan {{ {PLAN} }} {PROBLEM} }} }}"
)
ADD_ITEM = (
    "mutation ($input: AddPlanItemInput!) { addPlanItem(input: $input) { __typename ... on PlanItem { id title"
    f" description minutes plan {{ id items {{ title }} }} }} {PROBLEM} ... on InvalidInput {{ field }} }} }}"
)
ADD_PLAN_TEMPLATE = (
    "mutation ($input: AddPlanTemplateInput!) { addPlanTemplate(input: $input) { __typename ... on PlanTemplate { id"
    f" name isBuiltIn items {{ title description minutes }} }} {PROBLEM} ... on InvalidInput {{ field }} }} }}"
)

EVERY_DAY = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


async def outside_calendar(practice: Practice, coach: Person, url: str = "https://calendar.example/secret.ics") -> str:
    """The id of a calendar that the coach keeps elsewhere."""
    added = await practice.ask(ADD_OUTSIDE_CALENDAR, coach, input={"url": url, "name": "Family"})
    return str(added["id"])


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


async def noted(
    practice: Practice, who: Person, session_id: str, words: str = "Words", *, visibility: str = "SHARED", **more: Any
) -> dict[str, Any]:
    """A note that was written, of one section."""
    sections = [{"heading": "Heading", "text": words}]
    given = {"sessionId": session_id, "visibility": visibility, "sections": sections, **more}
    note: dict[str, Any] = await practice.ask(WRITE_NOTE, who, input=given)
    assert note["__typename"] == "SessionNote", note
    return note


async def slots(
    practice: Practice, who: Person | None, coach: Person, since: str, until: str, *, every: bool = False
) -> list[dict[str, Any]]:
    calendar = await practice.ask(AVAILABLE, who, coachId=coach.id, **{"from": since}, to=until, all=every)
    listed: list[dict[str, Any]] = calendar["slots"]
    return listed


# Whole lists, one record, and accounts

PAGE = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
SESSION = "id startsAt endsAt status version memberName note cancelledAt coach { id } member { id } history { kind }"
SESSIONS = (
    "query ($first: Int, $after: String, $filter: SessionFilter) {"
    f" sessions(first: $first, after: $after, filter: $filter) {{ edges {{ cursor node {{ {SESSION} }} }} {PAGE} }} }}"
)
MEMBER = "id firstName lastName fullName phone goals status onboardingStatus startDate endDate coach { id }"
MEMBERS = (
    "query ($first: Int, $after: String, $filter: MemberFilter) {"
    f" members(first: $first, after: $after, filter: $filter) {{ edges {{ cursor node {{ {MEMBER} }} }} {PAGE} }} }}"
)
COACH = (
    "id displayName practiceName bio coachingFocus specialties yearsExperience timeZone status isAcceptingMembers"
    " maxMembers memberCount freePlaces bookingAudience sessionMinutes bufferMinutes slotIntervalMinutes"
    " minNoticeMinutes bookingWindowDays averageRating ratingCount"
)
COACHES = (
    "query ($first: Int, $after: String, $filter: CoachFilter) {"
    f" coaches(first: $first, after: $after, filter: $filter) {{ edges {{ cursor node {{ {COACH} }} }} {PAGE} }} }}"
)
ONE_SESSION = f"query ($id: ID!) {{ session(id: $id) {{ {SESSION} }} }}"
ONE_MEMBER = (
    f"query ($id: ID!) {{ member(id: $id) {{ {MEMBER} user {{ email }}"
    " assignments { startedAt endedAt reason coach { id } } } }"
)
ONE_COACH = f"query ($id: ID!) {{ coach(id: $id) {{ {COACH} user {{ email }} availabilityWindows {{ id }} }} }}"
UPDATE_MEMBER = (
    f"mutation ($input: UpdateMemberInput!) {{ updateMember(input: $input) {{ __typename ... on Member {{ {MEMBER} }}"
    f" {PROBLEM} ... on InvalidInput {{ field }} }} }}"
)
CREATE_COACH = (
    f"mutation ($input: CreateCoachInput!) {{ createCoach(input: $input) {{ __typename ... on Coach {{ {COACH} }}"
    f" {PROBLEM} ... on InvalidInput {{ field }} ... on EmailTaken {{ field }} }} }}"
)
LOG_OUT = "mutation { logOut }"
VIEWER = "{ viewer { user { email role } member { id } coach { id } permissions } }"


async def nodes(practice: Practice, query: str, who: Person | None, **variables: Any) -> list[dict[str, Any]]:
    """The rows of a list's page."""
    page = await practice.ask(query, who, **variables)
    return [edge["node"] for edge in page["edges"]]


async def cancelled(practice: Practice, who: Person, session_id: str) -> None:
    answer = await practice.ask(CANCEL, who, input={"sessionId": session_id})
    assert answer["__typename"] == "Session", answer


async def completed(practice: Practice, session_id: str) -> str:
    """The same id, of a session that has taken place."""
    done = (
        "UPDATE sessions SET status = 'COMPLETED', completed_at = greatest(starts_at, :now) WHERE id = :id RETURNING id"
    )
    assert await practice.rows(done, now=practice.clock(), id=parse_key(session_id, "Session", "id"))
    return session_id


async def rated(practice: Practice, who: Person, session_id: str, stars: int, **more: Any) -> dict[str, Any]:
    """Whatever the rating answers."""
    answer: dict[str, Any] = await practice.ask(RATE, who, input={"sessionId": session_id, "stars": stars, **more})
    return answer


async def planned(practice: Practice, coach: Person, session_id: str, *titles: str) -> dict[str, Any]:
    """The plan of a session, with these items."""
    plan = await practice.ask(CREATE_PLAN, coach, input={"sessionId": session_id})
    assert plan["__typename"] == "SessionPlan", plan
    for title in titles:
        item = await practice.ask(ADD_ITEM, coach, input={"planId": plan["id"], "title": title})
        assert item["__typename"] == "PlanItem", item
        plan["items"].append({"id": item["id"], "title": title})
    made: dict[str, Any] = plan
    return made


async def template(practice: Practice, coach: Person, name: str, *titles: str) -> str:
    """The id of a coach's own."""
    given = {"name": name, "items": [{"title": title} for title in titles]}
    return str((await practice.ask(ADD_PLAN_TEMPLATE, coach, input=given))["id"])


async def moved(practice: Practice, who: Person, session_id: str, starts_at: str, **more: Any) -> dict[str, Any]:
    """Whatever the rescheduling answers."""
    given = {"sessionId": session_id, "startsAt": starts_at, **more}
    answer: dict[str, Any] = await practice.ask(RESCHEDULE, who, input=given)
    return answer


async def transferred(practice: Practice, member: Person, coach: Person) -> None:
    given = {"memberId": member.id, "coachId": coach.id}
    answer = await practice.ask(ASSIGN, await practice.admin(), input=given)
    assert answer["__typename"] == "Member", answer


async def calendar_version(practice: Practice, coach: Person) -> int:
    calendar = await practice.ask(
        "query ($id: ID!, $from: DateTime!, $to: DateTime!) { availableSlots(coachId: $id, from: $from, to: $to)"
        " { version } }",
        coach,
        id=coach.id,
        **{"from": "2026-03-02T00:00:00Z", "to": "2026-03-02T00:01:00Z"},
    )
    return int(calendar["version"])


@asynccontextmanager
async def nothing_written(practice: Practice) -> AsyncIterator[None]:
    """Every row of every table is the same afterwards."""
    before = await _contents(practice)
    yield
    written = sorted(table for table, _ in before ^ await _contents(practice))
    assert not written, f"written to: {', '.join(written)}"


async def _contents(practice: Practice) -> set[tuple[str, str]]:
    rows = (f"SELECT '{table}', md5(string_agg(t::text, '~' ORDER BY t::text)) FROM {table} t" for table in TABLES)
    return {(table, digest) for table, digest in await practice.rows(" UNION ALL ".join(rows))}


SESSION_NOTES = f"query ($id: ID!) {{ session(id: $id) {{ notes {{ {NOTE} }} }} }}"


async def notes_of(practice: Practice, who: Person, session_id: str) -> list[str]:
    """The words of the notes that somebody sees."""
    session = await practice.ask(SESSION_NOTES, who, id=session_id)
    return ["|".join(section["text"] for section in note["sections"]) for note in session["notes"]]
