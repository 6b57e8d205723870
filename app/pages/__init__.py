"""What is answered beside GraphQL, to whom a secret or a signature lets in."""

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
