"""What is answered beside GraphQL, to whom a secret or a signature lets in."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.context import House
from app.pages.calendar_feeds import CalendarFeeds
from app.pages.coach_messages import CoachMessages
from app.pages.unsubscribing import Unsubscribing


def routes(house: House) -> list[Route]:
    return [
        Route("/calendar/{secret}.ics", CalendarFeeds(house).feed),
        Route("/unsubscribe/{token}", Unsubscribing(house).page, methods=["GET", "POST"]),
        Route("/webhooks/coach-message/{hook}", CoachMessages(house).accept, methods=["POST"]),
    ]


def unavailable(request: Request, away: Exception) -> Response:
    """While the database is away: a program is told to keep what it has, and a person to come again."""
    return PlainTextResponse("Unavailable", 503, headers={"retry-after": "60"})
