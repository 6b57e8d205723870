"""The page by which somebody unsubscribes from mail, without a log-in (RFC 8058)."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.context import Context, House
from app.models.notifications import Channel, NotificationKind
from app.services.notifications.unsubscribing import IN_WORDS, unsubscribe

_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parents[1] / "templates" / "pages"),
    undefined=StrictUndefined,
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


class Unsubscribing:
    def __init__(self, house: House) -> None:
        self._house = house

    async def page(self, request: Request) -> Response:
        """Looking changes nothing, for programs follow links too; it takes the button, or the mail program's click."""
        read = self._house.links.read_unsubscribe_token(request.path_params["token"])
        if read is None:
            return _page("unknown", 404)
        user_id, kind, channel = read[0], NotificationKind(read[1]), Channel(read[2])
        words = {"what": IN_WORDS[kind]}
        if request.method != "POST":
            return _page("ask", 200, **words)
        context = Context(self._house)
        async with context.unit_of_work() as db:
            done = await unsubscribe(db, user_id=user_id, kind=kind, channel=channel, now=context.now())
        return _page("done", 200, **words) if done else _page("unknown", 404)


def _page(name: str, status: int, **words: str) -> Response:
    return HTMLResponse(_TEMPLATES.get_template(f"unsubscribe_{name}.html").render(words), status, headers=_HEADERS)
