"""A server that speaks as much of Twilio's API as sending a message takes, on a free port of 127.0.0.1."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from app.platform.sms import TwilioSms
from tests.server.serving import start_serving

ACCOUNT, TOKEN, FROM = f"AC{'1' * 32}", "the token", "+15005550006"
NOBODYS = "+15005550001"  # which Twilio itself takes for a number that is not valid


@dataclass
class TwilioServer:
    """`answers` are given in their order, then all is well; each is a status, or `hang`, `noise` or `elsewhere`."""

    url: str = ""
    taken: list[dict[str, str]] = field(default_factory=list)
    asked: int = 0
    answers: list[int | str] = field(default_factory=list)

    async def messages(self, request: Request) -> Response:
        self.asked += 1
        given = b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {given}" or request.path_params["account"] != ACCOUNT:
            return _error(401, 20003, "Authenticate")
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"
        answer = self.answers.pop(0) if self.answers else 201
        if answer == "hang":
            await asyncio.sleep(30)
        if answer == "noise":
            return PlainTextResponse("<html>", 201)
        if answer == "elsewhere":
            return Response(status_code=307, headers={"location": str(request.url)})
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        if form["To"] == NOBODYS:
            return _error(400, 21211, f"The 'To' number {NOBODYS} is not a valid phone number.")
        if answer != 201:
            assert isinstance(answer, int)
            return _error(answer, 20429 if answer == 429 else 20500, "Not now")
        self.taken.append(form)
        return JSONResponse({"sid": f"SM{len(self.taken):032}", "status": "queued"}, 201)

    def sender(self, *, account: str = ACCOUNT, sender: str = FROM, seconds: float = 5.0) -> TwilioSms:
        return TwilioSms(account, TOKEN, sender, self.url, seconds=seconds)


def _error(status: int, code: int, message: str) -> Response:
    body: dict[str, Any] = {"code": code, "message": message, "status": status}
    return JSONResponse(body, status)


@asynccontextmanager
async def twilio_server() -> AsyncIterator[TwilioServer]:
    twilio = TwilioServer()
    route = Route("/2010-04-01/Accounts/{account}/Messages.json", twilio.messages, methods=["POST"])
    async with start_serving(Starlette(routes=[route])) as served:
        twilio.url = served.url
        yield twilio
