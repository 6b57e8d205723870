"""The ASGI application: routes, middleware and what lives as long as the process."""

import gc
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry.exceptions import ConnectionRejectionError

from app.actor import STRANGER, SYSTEM, Actor
from app.api import schema
from app.context import Context, House
from app.health import Health
from app.live.calendars import LiveCalendars
from app.live.settling import EVERY_SECONDS, settle
from app.live.views import LiveViews
from app.pages import routes, unavailable
from app.platform import migrations
from app.platform.bell import Bell
from app.platform.bus import Bus
from app.platform.clock import Clock, system_clock
from app.platform.database import Database, DatabaseAway, connection_options, make_engine
from app.platform.direct import DirectDatabase
from app.platform.document_store import RedisDocuments
from app.platform.escalation import Escalation
from app.platform.keys import Keys, master_keys
from app.platform.links import Links
from app.platform.logs import configure_logs
from app.platform.metrics import Metrics, RequestCounts
from app.platform.outside import outside
from app.platform.passwords import Passwords
from app.platform.periodic import Periodic
from app.platform.quotas import quotas
from app.platform.request_lines import request_line
from app.platform.settings import InvalidSettings, Settings, read_settings
from app.platform.tokens import AccessTokens, kept_secret
from app.services import privacy
from app.services.identity import TokenMaking, actor_of
from app.services.notifications import KEPT
from app.services.notifications.leaving import Leaving
from app.services.scheduling import CalendarReadings, CalendarWriter
from app.services.webhooks import schema_document
from app.wire.asgi import BoundedBody, RequestLog, structured
from app.wire.http.status import RefusedRequest
from app.wire.http.view import GraphQLView
from app.wire.persisted import PersistedDocuments, read_manifest
from app.worker import Worker

log = structlog.get_logger(__name__)

PAGE = Path(__file__).parent / "static" / "graphiql"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:;"
    " worker-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Connections:
    """How a process reaches its database."""

    def database(self, settings: Settings, carried: Mapping[str, Any]) -> Database:
        engine = make_engine(
            settings.database_url,
            pool_size=settings.database_pool_size,
            assume_role=migrations.assumed_role(settings),
            pooled=settings.is_pooled,
        )
        return Database(engine, carried)

    def direct(self, settings: Settings) -> DirectDatabase:
        options = connection_options(assume_role=migrations.assumed_role(settings), pooled=settings.is_pooled)
        return DirectDatabase(settings.database_url, options, role=migrations.application_role(settings))


class Application:
    """Everything that one server process has, put together from its settings."""

    def __init__(self, settings: Settings, clock: Clock = system_clock, connections: Connections | None = None) -> None:
        self.settings = settings
        connections = connections or Connections()
        self.keys = Keys(master_keys(settings))
        secret = settings.secret_key or kept_secret(settings.data_dir)
        links = Links(settings.public_url, secret)
        partners = outside(settings)
        carried: dict[str, Any] = {"keys": self.keys, "links": links, "outside": partners, "quotas": quotas(settings)}
        carried[KEPT] = timedelta(days=settings.notifications_kept_days)
        carried["escalation"] = Escalation.of(settings)
        self.database = connections.database(settings, carried)
        self.direct = connections.direct(settings)
        self.bus = Bus(settings.redis_url)
        self.bell = Bell(self.bus)
        readings = CalendarReadings(self.direct)
        self.views = LiveViews(self.database, self.bus, clock, settings.sweep_seconds)
        self.live = LiveCalendars(
            self.database,
            self.direct,
            readings,
            self.bus,
            clock,
            settings.sweep_seconds,
            heard_by=self.views.hear_calendar,
        )
        tokens = AccessTokens(secret, timedelta(minutes=settings.access_token_minutes))
        self._actor_of_token = tokens.reader(actor_of)
        making = TokenMaking(tokens, timedelta(days=settings.refresh_token_days))
        calendars = CalendarWriter(self.direct, self.database, self._tell, self.views.tell_member)
        self.house = House(
            self.database,
            self.direct,
            self.live,
            self.views,
            readings,
            calendars,
            Passwords(),
            making,
            clock,
            self.keys,
            links,
            partners,
            self.bell,
            Leaving(self.database, self.direct, clock),
        )
        self.worker = Worker(self.house)
        self.requests = RequestCounts()
        self.health = Health(self.house, self.bus, self.worker, self.requests, shows_depths=settings.readyz_details)
        self.metrics = Metrics(self.health.figures, settings.metrics_host, settings.metrics_port)
        self.settling = Periodic("settling", self._settle, EVERY_SECONDS)
        self.documents = RedisDocuments(settings.redis_url)
        trusted = trusted_documents(settings)
        schema.compiled = settings.compiled_executor
        self.view = GraphQLView(
            schema,
            make_context=self.make_context,
            connected=self.connected,
            page=self.page,
            allowed_origins=settings.allowed_origins,
            documents=PersistedDocuments(self.documents, trusted),
            legacy_sockets=settings.legacy_sockets,
        )

    async def make_context(self, connection: HTTPConnection) -> Context:
        header = connection.headers.get("authorization")
        actor, until = self.actor_of_header(header) if header else (STRANGER, None)
        return Context(self.house, actor, until)

    async def connected(self, context: Context) -> None:
        """The payload of `connection_init` says who opens a websocket; a token that is no good closes it with 4403."""
        params = context.connection_params or {}
        header = params.get("Authorization") or params.get("authorization")
        if header is None:
            return
        try:
            context.actor, context.actor_until = self.actor_of_header(header)
        except RefusedRequest as refused:
            raise ConnectionRejectionError({"message": str(refused)}) from None

    def actor_of_header(self, header: object) -> tuple[Actor, datetime]:
        scheme, _, token = header.partition(" ") if isinstance(header, str) else ("", "", "")
        found = self._actor_of_token(token.strip(), self.house.clock()) if scheme.lower() == "bearer" else None
        if found is None:
            raise RefusedRequest(401, "UNAUTHENTICATED", "The access token is not valid or has expired")
        return found

    def page(self, request: Request) -> Response:
        demo = "on" if self.settings.demo else "off"
        html = (PAGE / "index.html").read_text(encoding="utf-8").replace("%DEMO%", demo)
        headers = {"content-security-policy": PAGE_POLICY, "cache-control": "no-cache"}
        return HTMLResponse(html, headers={**headers, "x-content-type-options": "nosniff"})

    async def healthz(self, request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def webhook_schema(self, request: Request) -> Response:
        return Response(schema_document(), media_type="application/schema+json")

    async def readyz(self, request: Request) -> Response:
        is_ready, body = await self.health.readiness()
        return JSONResponse(body, 200 if is_ready else 503)

    def _tell(self, coach_id: UUID, version: int) -> None:
        """Of a calendar that has changed, so that something has happened too."""
        self.live.tell(coach_id, version)
        self.bell.ring()

    async def _settle(self) -> None:
        await settle(self.direct, self._tell, self.house.clock())

    async def confirm_keys(self) -> None:
        """Refuses a master key that is not the one used here. Raises `InvalidSettings`, which names it.

        While the database is away, or not migrated, that waits until a key is made with it.
        """
        try:
            async with self.database.transaction(SYSTEM.settings()) as db:
                confirmed = await privacy.confirm_keys(db, self.keys.master)
        except InvalidSettings:
            await self.database.close()
            raise
        except Exception as failure:
            log.warning("the keys could not be confirmed yet", cause=str(failure))
        else:
            self.keys.confirmed |= confirmed

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        async with self.working(self.settings.worker):
            self.live.start()
            self.views.start()
            self.settling.start()
            try:
                yield
            finally:
                await self.settling.stop()
                await self.house.calendars.stop()
                await self.live.stop()
                await self.views.stop()

    @asynccontextmanager
    async def working(self, has_worker: bool = True) -> AsyncIterator[None]:
        """What a process has that need not serve anybody."""
        await self.confirm_keys()
        await self.direct.open()
        await self.bus.start()
        if has_worker:
            self.worker.start(self.settings)
        self.metrics.start()
        try:
            yield
        finally:
            await self.metrics.stop()
            await self.worker.stop(self.settings.shutdown_seconds)
            await self.house.calendars.stop()
            await self.live.stop()
            await self.bell.stop()
            await self.bus.stop()
            await self.documents.close()
            await self.house.outside.close()
            self.house.passwords.close()
            await self.direct.close()
            await self.database.close()

    def asgi(self) -> Starlette:
        line = request_line(self.settings.log_format, self.settings.log_level)
        around = [
            Middleware(RequestLog, line=self.requests.counting(line or structured) if self.metrics.is_wanted else line),
            Middleware(TrustedHostMiddleware, allowed_hosts=self.settings.allowed_hosts),
            *([self._cross_origin()] if self.settings.allowed_origins else []),
            Middleware(BoundedBody),
        ]
        assets = GZipMiddleware(StaticFiles(directory=PAGE / "assets"))
        app = _Site(
            routes=[
                Route("/", lambda request: RedirectResponse("/graphql")),
                Mount("/graphql/assets", app=assets),
                Route("/graphql/", lambda request: RedirectResponse("/graphql", 307)),
                Route("/healthz", self.healthz),
                Route("/readyz", self.readyz),
                Route("/webhooks/schema.json", self.webhook_schema),
                *routes(self.house),
            ],
            middleware=around,
            exception_handlers={DatabaseAway: unavailable},
            lifespan=self.lifespan,
        )
        app.router.redirect_slashes = False  # it would lead to whatever host the asker has named
        app.graphql = self.view
        for middleware in reversed(around):
            app.graphql = middleware.cls(app.graphql, *middleware.args, **middleware.kwargs)
        app.state.application = self
        return app

    def _cross_origin(self) -> Middleware:
        return Middleware(
            CORSMiddleware,
            allow_origins=self.settings.allowed_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type", "x-request-id"],
        )


def trusted_documents(settings: Settings) -> dict[str, str] | None:
    """Those of the manifest, if there is one. Raises `InvalidSettings`."""
    if not settings.trusted_documents:
        return None
    try:
        return read_manifest(settings.trusted_documents)
    except ValueError as wrong:
        raise InvalidSettings(f"TRUSTED_DOCUMENTS: {wrong}") from None


class _Site(Starlette):
    """Leads GraphQL past the router: it would take as long as the rest of the way."""

    graphql: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in {"http", "websocket"} and scope["path"] == "/graphql":
            await self.graphql(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app() -> Starlette:
    """For uvicorn: a process of its own, settings from the environment."""
    settings = read_settings()
    configure_logs(settings.log_format, settings.log_level)
    app = Application(settings).asgi()
    # Modules, schema and routes stay for good: a full collection need not look at them again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)  # a request makes hundreds of objects, and nearly all go without being looked for
    return app


def server_config(settings: Settings, host: str, port: int, workers: int = 1) -> uvicorn.Config:
    """How uvicorn runs us: bounded frames, no deflate (it costs twice the time and memory), a deadline to stop by."""
    return uvicorn.Config(
        "app.server:create_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop",
        http="app.wire.uvicorn_http:BoundedHttp",
        ws="app.wire.uvicorn_websocket:GoingAwayWebSocket",
        ws_max_size=64 * 1_024,
        ws_per_message_deflate=False,
        ws_ping_interval=60,  # for the older protocol alone: today's has pings of its own, and more often
        ws_ping_timeout=20,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        timeout_worker_healthcheck=30,  # a start takes 2 s of a processor, which many workers share
        timeout_keep_alive=20,
        backlog=4_096,
        log_config=None,
        access_log=False,
        server_header=False,
    )
