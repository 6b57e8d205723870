"""A server that speaks as much of OpenAI's chat interface as one question takes, on a free port of 127.0.0.1."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from app.platform.outgoing import GuardedClient
from app.platform.phrasing import ChatPhrasing
from tests.server.serving import start_serving

MODEL, KEY = "a-model", "the key"
GOOD = "A small risk each day may bring your courage up from where it is now."


@dataclass
class ChatServer:
    """`answers` are given in their order, then `GOOD`: a text, a status, `hang`, or the whole of an answer."""

    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    is_over: asyncio.Event = field(default_factory=asyncio.Event)

    async def chat(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return JSONResponse({"error": {"message": "Incorrect API key provided"}}, 401)
        self.asked.append(await request.json())
        answer = self.answers.pop(0) if self.answers else GOOD
        if answer == "hang":
            await self.is_over.wait()
        if isinstance(answer, int):
            return PlainTextResponse("<html>", answer)
        if isinstance(answer, dict):
            return JSONResponse(answer)
        message = {"role": "assistant", "content": answer, "refusal": None}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return JSONResponse({"object": "chat.completion", "model": MODEL, "choices": [choice]})

    def phrasing(self, *, key: str = KEY, seconds: float = 5.0) -> ChatPhrasing:
        return ChatPhrasing(GuardedClient(allow=["127.0.0.1"]), self.url, MODEL, key, seconds=seconds)


@asynccontextmanager
async def chat_server() -> AsyncIterator[ChatServer]:
    chat = ChatServer()
    route = Route("/v1/chat/completions", chat.chat, methods=["POST"])
    async with start_serving(Starlette(routes=[route])) as served:
        chat.url = f"{served.url}/v1/chat/completions"
        yield chat
        chat.is_over.set()
