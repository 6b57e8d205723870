"""Real servers for the whole run, a clean practice for each test."""

import asyncio
import os
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError

from app.api import schema
from app.platform import migrations
from app.platform.database import make_engine
from app.platform.embedded import embedded_servers
from app.platform.settings import Settings, read_settings
from tests.connections import close_all
from tests.practice import MovableClock, Practice

ENCRYPTION_KEYS = f"tests-2:{b64encode(b'2' * 32).decode()},tests-1:{b64encode(b'1' * 32).decode()}"


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
async def one_event_loop(anyio_backend: str) -> AsyncIterator[None]:
    """For all tests, so that connections can stay open from one to the next."""
    yield
    await close_all()


@pytest.fixture(scope="session", autouse=True)
def executor() -> None:
    """COMPILED_EXECUTOR=false runs the suite with graphql-core's executor, here and in the servers that tests start."""
    schema.compiled = read_settings(_env_file=None).compiled_executor


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    return getattr(request.config, "workerinput", {}).get("workerid", "alone")


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory, worker: str) -> Iterator[Settings]:
    """PostgreSQL and Redis: those of DATABASE_URL and REDIS_URL if they are set, else some of our own."""
    data_dir = tmp_path_factory.mktemp("data")
    configured = read_settings(data_dir=data_dir, _env_file=None)
    if configured.database_url and configured.redis_url:
        yield configured
        return
    with embedded_servers(data_dir) as embedded:
        yield configured.model_copy(
            update={
                "database_url": embedded.database_url,
                "database_owner_url": embedded.database_owner_url,
                "redis_url": embedded.redis_url,
            }
        )


@pytest.fixture(scope="session")
def settings(servers: Settings, worker: str) -> Iterator[Settings]:
    """Settings of a database of this worker's own, migrated to head."""
    name = f"rapport_test_{worker}_{os.getpid()}"
    asyncio.run(_as_owner(servers, f'CREATE DATABASE "{name}"'))
    moved = {
        key: make_url(url).set(database=name).render_as_string(hide_password=False)
        for key in ("database_url", "database_owner_url")
        if (url := getattr(servers, key))
    }
    secrets = {"secret_key": "not secret at all, for tests only", "encryption_keys": ENCRYPTION_KEYS}
    # Jobs are done when a test means them to be.
    settings = servers.model_copy(update={**moved, **secrets, "worker": False})
    # No test pulls the plug: a commit need not wait for the disk.
    asyncio.run(_as_owner(servers, f'ALTER DATABASE "{name}" SET synchronous_commit = off'))
    asyncio.run(migrations.migrate(settings))
    yield settings
    if read_settings(_env_file=None).database_url:  # the others go with their folder
        with suppress(SQLAlchemyError):
            asyncio.run(_as_owner(servers, f'DROP DATABASE "{name}" WITH (FORCE)'))


async def _as_owner(settings: Settings, statement: str) -> None:
    engine = make_engine(migrations.owner_url(settings), pool_size=1)
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text(statement))
    await engine.dispose()


@pytest.fixture
async def practice(settings: Settings) -> AsyncIterator[Practice]:
    """An empty practice on a clock that stands still at Monday, 2 March 2026, 08:00 UTC."""
    async with Practice.opened(settings, MovableClock()) as practice:
        yield practice


@pytest.fixture
def root() -> Path:
    return Path(__file__).parents[1]
