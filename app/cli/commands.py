"""The commands that start, set up and look after an installation."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer
import uvicorn
from rich.console import Console
from rich.markup import escape
from uvicorn.supervisors import Multiprocess

from app.actor import SYSTEM
from app.context import Context
from app.demo import LOGINS, PASSWORD, load_demo, load_large_demo
from app.platform import migrations
from app.platform.clock import system_clock
from app.platform.database import Database, DatabaseAway, UnsafeRole, make_engine
from app.platform.embedded import DataFolderInUse, EmbeddedServerFailed, embedded_servers, running_servers
from app.platform.keys import KEY_FILE, KeyFile, master_keys
from app.platform.logs import configure_logs
from app.platform.outside import MAIL_FOLDER
from app.platform.settings import InvalidSettings, Settings, read_settings
from app.problems import Problem
from app.server import Application, server_config, trusted_documents
from app.services import coherence as coherence_service
from app.services import identity as identity_service
from app.services import privacy
from app.services import webhooks as webhook_service
from app.services.identity.accounts import NewAdmin

cli = typer.Typer(add_completion=False, no_args_is_help=True, help="Rapport: booking and live views for coaches.")
say = Console(highlight=False, soft_wrap=True)

DataDir = Annotated[Path | None, typer.Option(help="Where embedded servers keep their data.")]


def main() -> None:
    """Every expected failure is one line that says what to do, and the exit code 1."""
    signal.signal(signal.SIGTERM, _leave)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, _leave)
    try:
        cli()
    except (InvalidSettings, DataFolderInUse, EmbeddedServerFailed, DatabaseAway, UnsafeRole, Problem) as refused:
        fail(str(refused))


def fail(message: str) -> NoReturn:
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]rapport:[/red] {escape(message)}")
    raise SystemExit(1)


def _leave(signum: int, frame: FrameType | None) -> None:
    """Leaves through every `finally`, so that what was started is stopped."""
    raise SystemExit(128 + signum)


@contextmanager
def servers(data_dir: Path | None, *, join: bool = False, **given: object) -> Iterator[Settings]:
    """Settings with addresses in them: those configured, or those of embedded servers that run inside the block.

    `join` uses the embedded servers of a `rapport serve` that is running, instead of refusing its data folder.
    """
    if data_dir is not None:
        given["data_dir"] = data_dir
    settings = read_settings(**given)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if settings.database_url and settings.redis_url:
        yield settings
        return
    if settings.database_url or settings.redis_url:
        missing = "REDIS_URL" if settings.database_url else "DATABASE_URL"
        raise InvalidSettings(f"{missing}: set it too, or neither: the embedded servers come as a pair")
    running = running_servers(settings.data_dir) if join else None
    with nullcontext(running) if running is not None else embedded_servers(settings.data_dir) as embedded:
        key_file = settings.encryption_key_file or settings.data_dir / KEY_FILE
        yield settings.model_copy(update={**asdict(embedded), "encryption_key_file": key_file})


@cli.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen at; 0 for any free one.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Server processes.")] = 1,
    data_dir: DataDir = None,
    worker: Annotated[
        bool | None, typer.Option("--worker/--no-worker", help="Do jobs too, in each server process; by default yes.")
    ] = None,
    demo: Annotated[
        bool | None, typer.Option("--demo/--no-demo", help="Load demo data; the default with embedded servers.")
    ] = None,
) -> None:
    """Starts the server; with nothing configured, a PostgreSQL and a Redis of its own too."""
    trusted_documents(read_settings())  # each server process reads it: better one complaint, before any of them
    with servers(data_dir) as settings:
        embedded = not read_settings().database_url
        chosen = {"demo": embedded if demo is None else demo}
        chosen |= {"worker": worker} if worker is not None else {}
        settings = settings.model_copy(update=chosen)
        configure_logs(settings.log_format, "WARNING")
        asyncio.run(prepare(settings))
        configure_logs(settings.log_format, settings.log_level)
        with listening_socket(host, port) as listening:
            announce(settings, host, listening.getsockname()[1])
            run(settings, host, port, workers, listening)


def listening_socket(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # The protocol is said: to a socket that does not, asyncio leaves Nagle's delay of 40 ms.
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(4_096)
    except OSError as refused:
        fail(f"{host}:{port} cannot be listened at ({refused.strerror}); choose another --host or --port")
    return listening


async def prepare(settings: Settings) -> None:
    await migrate_under_keys(settings)
    if settings.demo:
        await with_context(settings, load_demo)


async def migrate_under_keys(settings: Settings) -> None:
    """The newest schema; a wrong key is refused before anything is written, and new ones are written down after it."""
    await confirm_keys(settings)
    await migrations.migrate(settings)
    await migrations.confirm_application_role(settings)
    await confirm_keys(settings)
    await load_starters(settings)


async def load_starters(settings: Settings) -> None:
    """What every practice begins with, unless it has that already."""
    engine = make_engine(migrations.owner_url(settings), pool_size=1)
    try:
        async with Database(engine).transaction(SYSTEM.settings()) as db:
            await coherence_service.load_starters(db, now=system_clock())
    finally:
        await engine.dispose()


async def confirm_keys(settings: Settings) -> None:
    """The key file of embedded servers is made if it is missing and nothing can be under its keys."""
    engine = make_engine(migrations.owner_url(settings), pool_size=1)
    try:
        async with Database(engine).transaction(SYSTEM.settings()) as db:
            file, embedded = settings.encryption_key_file, not read_settings().database_url
            if file is not None and embedded and not settings.encryption_keys and not await privacy.keys_in_use(db):
                KeyFile(file).make(privacy.new_key_id(system_clock()))
            await privacy.confirm_keys(db, master_keys(settings))
    finally:
        await engine.dispose()


def run(settings: Settings, host: str, port: int, workers: int, listening: socket.socket) -> None:
    """Serves until a signal; the settings travel to worker processes by the environment."""
    os.environ.update(
        DATABASE_URL=settings.database_url,
        DATABASE_OWNER_URL=settings.database_owner_url,
        REDIS_URL=settings.redis_url,
        DATA_DIR=str(settings.data_dir.resolve()),
        ENCRYPTION_KEY_FILE=str(settings.encryption_key_file.resolve()) if settings.encryption_key_file else "",
        DEMO="true" if settings.demo else "false",
        WORKER="true" if settings.worker else "false",
    )
    config = server_config(settings, host, port, workers)
    try:
        if workers == 1:
            uvicorn.Server(config).run(sockets=[listening])
        else:
            Multiprocess(config, sockets=[listening]).run()
    except KeyboardInterrupt:
        pass
    say.print("Stopped.")


def announce(settings: Settings, host: str, port: int) -> None:
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host
    address = f"http://{shown}:{port}"
    say.print(f"Rapport   {address}")
    say.print(f"GraphiQL  {address}/graphql")
    if settings.demo:
        say.print(f"Log-ins   {'  '.join(LOGINS)}")
        say.print(f"Password  {PASSWORD}")
    if not settings.smtp_url:
        say.print(f"Mail      {settings.data_dir / MAIL_FOLDER}")
    say.print("Ctrl-C stops it.")


async def with_context(settings: Settings, work: Callable[[Context], Awaitable[object]]) -> None:
    """Runs work with all that an operation has, outside of any server."""
    application = Application(settings)
    await application.direct.open()
    try:
        await work(Context(application.house))
    finally:
        await application.house.calendars.stop()
        await application.live.stop()
        application.house.passwords.close()
        await application.direct.close()
        await application.database.close()


@cli.command()
def migrate(
    revision: Annotated[str, typer.Argument(help="A revision, `head`, or -1 for one back.")] = "head",
    data_dir: DataDir = None,
) -> None:
    """Brings the database to the newest schema."""
    with servers(data_dir, join=True) as settings:
        asyncio.run(migrations.migrate(settings, revision))
        if revision == "head":
            asyncio.run(load_starters(settings))
    say.print(f"The database is at {revision}.")


@cli.command()
def demo(
    large: Annotated[
        bool, typer.Option("--large", help="And ten coaches with 500 members and three years of weekly scores.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Loads the demo data into a database that has none."""
    with servers(data_dir, join=True) as settings:
        asyncio.run(prepare(settings.model_copy(update={"demo": True})))
        if large:
            asyncio.run(with_context(settings, load_large_demo))
    say.print(f"Log-ins: {', '.join(LOGINS)}; password: {PASSWORD}")


@cli.command()
def schema() -> None:
    """Prints the schema in SDL."""
    from app.api import schema as built

    sys.stdout.write(built.as_str() + "\n")


@cli.command("create-admin")
def create_admin(
    email: Annotated[str, typer.Argument(help="The admin's e-mail address.")],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, envvar="PASSWORD")],
    data_dir: DataDir = None,
) -> None:
    """Makes an admin's account; nobody can make one over the wire."""
    form = NewAdmin.read(email=email, password=password)

    async def create(context: Context) -> None:
        async with context.unit_of_work() as db:
            await identity_service.create_admin(db, context.house.passwords, form=form)

    with servers(data_dir, join=True) as settings:
        asyncio.run(migrate_under_keys(settings))
        asyncio.run(with_context(settings, create))
    say.print(f"{form.email} is an admin now.")


keys = typer.Typer(no_args_is_help=True, help="The keys of what is encrypted.")
cli.add_typer(keys, name="keys")


@keys.command()
def rotate(data_dir: DataDir = None) -> None:
    """Wraps all keys and secrets by a new master key, or by the first of ENCRYPTION_KEYS, while servers run."""
    failures: list[str] = []

    async def wrap_anew(context: Context) -> None:
        async with context.unit_of_work() as db:
            await privacy.confirm_keys(db, context.house.keys.master)
        count, failed = await privacy.rotate_keys(context.unit_of_work, context.house.keys, now=context.now())
        failures.extend(failed)
        say.print(f"{count} keys and secrets were wrapped anew, by the key {context.house.keys.master.first_id}.")

    with servers(data_dir, join=True) as settings:
        asyncio.run(with_context(settings, wrap_anew))
    if failures:
        fail("\n".join(["these could not be read, and were left as they are:", *failures]))


@keys.command()
def check(data_dir: DataDir = None) -> None:
    """Tries every key and everything that is under one; names what cannot be read."""
    failures: list[str] = []

    async def try_all(context: Context) -> None:
        failures.extend([each async for each in privacy.check_keys(context.unit_of_work, context.house.keys)])

    with servers(data_dir, join=True) as settings:
        asyncio.run(with_context(settings, try_all))
    if failures:
        fail("\n".join(["these cannot be read:", *failures]))
    say.print("Every key and everything under it can be read.")


webhooks = typer.Typer(no_args_is_help=True, help="What is told outside.")
cli.add_typer(webhooks, name="webhooks")


@webhooks.command("schema")
def webhook_schema() -> None:
    """Prints the JSON Schema of every message."""
    sys.stdout.buffer.write(webhook_service.schema_document())
