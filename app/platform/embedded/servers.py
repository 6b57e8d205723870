"""Both servers together: the only way in and out."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import SubprocessError

from app.platform.embedded import postgres, redis
from app.platform.embedded.account import Account, able_to_reach, account_for
from app.platform.embedded.data_folder import (
    REDIS_SOCKET,
    HeldFolder,
    fresh_socket_folder,
    held_data_folder,
    socket_folder_in_use,
)
from app.platform.embedded.failures import EmbeddedServerFailed
from app.platform.embedded.processes import running, stop_leftover
from app.platform.embedded.programs import Programs, installed_programs


@dataclass(frozen=True)
class EmbeddedServers:
    """Where the running servers are."""

    database_owner_url: str  # owns the database and may make others; for migrations and tests
    database_url: str  # owns nothing and is held by row-level security
    redis_url: str


@contextmanager
def embedded_servers(data_dir: Path) -> Iterator[EmbeddedServers]:
    """Both servers, keeping their data in this folder; they are stopped at the end of the block.

    Whoever can reach the sockets may be any role, so these lie in a folder closed to every other user, and no
    network port is opened. Servers left behind by a killed process are stopped first. The call blocks.
    Raises DataFolderInUse and EmbeddedServerFailed.
    """
    with ExitStack() as stack:
        try:
            servers = _start(stack, data_dir)
        except (OSError, SubprocessError) as refusal:
            raise EmbeddedServerFailed(
                f"The servers could not be started in the data folder {data_dir}: {refusal}"
            ) from refusal
        yield servers


def running_servers(data_dir: Path) -> EmbeddedServers | None:
    """Where the servers of another process that holds this folder are; None if nobody does."""
    sockets = socket_folder_in_use(data_dir.resolve())
    return None if sockets is None else _addresses(sockets)


def _addresses(sockets: Path) -> EmbeddedServers:
    return EmbeddedServers(
        database_owner_url=postgres.database_url("rapport_owner", sockets),
        database_url=postgres.database_url("rapport_app", sockets),
        redis_url=redis.redis_url(sockets / REDIS_SOCKET),
    )


def _start(stack: ExitStack, data_dir: Path) -> EmbeddedServers:
    programs = installed_programs()
    held = stack.enter_context(held_data_folder(data_dir.resolve()))
    _stop_leftovers(held, programs)
    account = _prepared_account(held, programs)
    postgres.ensure_cluster(programs, held.path / "postgres", account)
    sockets = stack.enter_context(fresh_socket_folder(held, account))
    redis_socket = sockets / REDIS_SOCKET
    cache = redis.redis_server(programs.redis_server, held.path / "redis", redis_socket, held.fresh_log("redis.log"))
    stack.enter_context(running(cache, account, lambda _: redis.answers(redis_socket)))
    database = postgres.postgres_server(
        programs.postgres, held.path / "postgres", sockets, held.fresh_log("postgres.log")
    )
    postgres.start_postgres(stack, database, account)
    return _addresses(sockets)


def _stop_leftovers(held: HeldFolder, programs: Programs) -> None:
    nowhere = held.path / "lock"
    stop_leftover(redis.redis_server(programs.redis_server, held.path / "redis", None, nowhere))
    stop_leftover(postgres.postgres_server(programs.postgres, held.path / "postgres", None, nowhere))


def _prepared_account(held: HeldFolder, programs: Programs) -> Account:
    account = account_for(held.path / "postgres")
    held.let_in(account)
    redis_folder = held.path / "redis"
    redis_folder.mkdir(mode=0o700, exist_ok=True)
    account.own(redis_folder)
    (redis_folder / "redis.pid").unlink(missing_ok=True)
    return able_to_reach(redis_folder, programs, account)
