"""`python -m benchmarks.served ours|strawberry|constant`: serves POST /graphql under uvicorn, prints on which port."""

import asyncio
import socket
import sys
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry.asgi import GraphQL

from app.wire.encoding import encode, encode_result
from app.wire.http.view import GraphQLView
from benchmarks.graphs import LIST, QUERIES, SMALLEST, Context, make_data, our_schema, stock_schema


def ours() -> ASGIApp:
    data = make_data()

    async def make_context(connection: object) -> Context:
        return Context(data)

    async def connected(context: Context) -> None:
        return None

    return GraphQLView(
        our_schema(),
        make_context=make_context,
        connected=connected,
        page=lambda request: Response(),
        allowed_origins=(),
    )


def strawberry() -> ASGIApp:
    data = make_data()

    class View(GraphQL[Context, None]):
        async def get_context(self, request: Any, response: Any) -> Context:
            return Context(data)

    return View(stock_schema())


def constant() -> ASGIApp:
    """Reads the request and sends bytes that were ready before: what uvicorn leaves to be had."""
    context = Context(make_data())
    the_list = encode_result(asyncio.run(our_schema().execute(QUERIES[LIST], context_value=context)))
    smallest = encode({"data": {"__typename": "Query"}})

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive())["body"]
        answer = smallest if QUERIES[SMALLEST].encode() in body else the_list
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    return app


APPS: dict[str, Callable[[], ASGIApp]] = {"ours": ours, "strawberry": strawberry, "constant": constant}


def serve(app: ASGIApp) -> None:
    config = uvicorn.Config(app, loop="uvloop", http="httptools", lifespan="off", access_log=False, log_level="warning")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    serve(APPS[sys.argv[1]]())
