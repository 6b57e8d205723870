"""`python -m benchmarks.slots_served alone|inside FILE NAME=VALUE…`: answers POST /constant with the file's bytes.

Alone under the server program that serves us, or as one more route of our application with these settings, behind all
of its middleware. Prints its port; what it logs goes into a file of its own, as that of any server here.
"""

import os
import socket
import sys
import tempfile
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from app.platform.settings import Settings, read_settings
from app.server import create_app, server_config


class Constant:
    """Reads the request and sends bytes that were ready before."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.answer})


def inside(constant: Constant) -> ASGIApp:
    app = create_app()
    app.add_route("/constant", constant, methods=["POST"])
    return app


def environment(settings: Settings) -> list[str]:
    """The settings as this program is told them."""
    return [
        f"DATABASE_URL={settings.database_url}",
        f"DATABASE_OWNER_URL={settings.database_owner_url}",
        f"REDIS_URL={settings.redis_url}",
        f"SECRET_KEY={settings.secret_key}",
        f"ENCRYPTION_KEYS={settings.encryption_keys}",
        f"DATA_DIR={settings.data_dir}",
    ]


def main(where: str, file: str, *told: str) -> None:
    os.environ.update(pair.split("=", 1) for pair in told)
    constant = Constant(Path(file).read_bytes())
    with tempfile.TemporaryFile() as log, socket.create_server(("127.0.0.1", 0)) as listening:
        os.dup2(log.fileno(), sys.stderr.fileno())
        app = inside(constant) if where == "inside" else constant
        config = server_config(read_settings(), "127.0.0.1", 0)
        config.app, config.factory, config.lifespan = app, False, "on" if where == "inside" else "off"
        print(listening.getsockname()[1], flush=True)
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(*sys.argv[1:])
