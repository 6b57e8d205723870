"""The embedded PostgreSQL: its cluster, its settings and its two roles."""

import os
import pwd
import re
import shutil
import signal
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

from app.platform.embedded.account import Account, name_of
from app.platform.embedded.failures import EmbeddedServerFailed
from app.platform.embedded.processes import Server, running
from app.platform.embedded.programs import Programs
from app.platform.private_files import open_private

_SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "fsync": "on",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_checkpoints": "off",
    # What breaks a statement is the caller's to log: its text and values are people's data, and would grow for ever.
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
_BOOTSTRAP = """\
CREATE ROLE rapport_owner LOGIN NOSUPERUSER CREATEDB NOCREATEROLE NOBYPASSRLS;
CREATE ROLE rapport_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
CREATE DATABASE rapport OWNER rapport_owner;
"""
_UNFINISHED = "postgres.unfinished-"
_CLEARING_SECONDS = 2
_STILL_HELD = "pre-existing shared memory block"
_STILL_HELD_SECONDS = 15
_START_SECONDS = 120  # recovery after a crash reads the whole write-ahead log


def postgres_server(program: Path, cluster: Path, sockets: Path | None, log: Path) -> Server:
    """The server of one cluster; without a socket folder it only serves to find a leftover one."""
    settings = {**_SETTINGS, "unix_socket_directories": f'"{sockets}"'}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return Server(
        name="PostgreSQL",
        command=(str(program), "-D", str(cluster), *options),
        hallmark=f"/postgres -D {cluster} ",
        pid_file=cluster / "postmaster.pid",
        log=log,
        start_seconds=_START_SECONDS,
        farewell=((signal.SIGINT, 10), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)),
    )


def start_postgres(stack: ExitStack, server: Server, account: Account) -> None:
    """Start the server and leave its end to the stack.

    Sessions of a postmaster that was killed may work on for a moment, and PostgreSQL rightly refuses to start
    beside them: wait for their end.
    """
    _take_over_pid_file(server.pid_file)
    deadline = time.monotonic() + _STILL_HELD_SECONDS
    while True:
        try:
            return stack.enter_context(running(server, account, lambda pid: _ready(server.pid_file, pid)))
        except EmbeddedServerFailed as failure:
            if _STILL_HELD not in str(failure) or time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def ensure_cluster(programs: Programs, cluster: Path, account: Account) -> None:
    """Make the cluster on the first start; refuse one that another major version wrote.

    It is made under another name and renamed when roles and database are in it: a start that was
    interrupted leaves no half-made cluster under the name that counts.
    """
    for unfinished in cluster.parent.glob(f"{_UNFINISHED}*"):
        _clear_away(unfinished)
    if (cluster / "PG_VERSION").exists():
        _require_same_major(programs.postgres, cluster, account)
    elif cluster.exists() and any(cluster.iterdir()):
        raise EmbeddedServerFailed(f"{cluster} holds files but no PostgreSQL cluster. Move it away and start again.")
    else:
        _make_cluster(programs, cluster, account)


def database_url(role: str, sockets: Path) -> str:
    """Where a role finds the database; the port is named because PGPORT would change it otherwise."""
    return f"postgresql+asyncpg://{role}@/rapport?host={quote(str(sockets))}&port=5432"


def _make_cluster(programs: Programs, cluster: Path, account: Account) -> None:
    _require_name(account)
    unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=cluster.parent))
    try:
        account.own(unfinished)
        locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        initdb = (str(programs.initdb), "-D", str(unfinished), "--username=postgres", "--auth=trust")
        _run(account, [*initdb, *locale, "--no-instructions"])
        single = (str(programs.postgres), "--single", "-D", str(unfinished), "-c", "exit_on_error=on", "postgres")
        _run(account, [*single], _BOOTSTRAP)
        unfinished.rename(cluster)
        _sync(cluster.parent)
    finally:
        _clear_away(unfinished)


def _clear_away(unfinished: Path) -> None:
    # The initdb of a killed start may still write into it, until it misses a file. What stays, the next start removes.
    deadline = time.monotonic() + _CLEARING_SECONDS
    while unfinished.exists() and time.monotonic() < deadline:
        shutil.rmtree(unfinished, ignore_errors=True)
        time.sleep(0.01)


def _run(account: Account, command: list[str], words: str = "") -> None:
    ended = account.run(command, words)
    if ended.code != 0:
        raise EmbeddedServerFailed(
            f"PostgreSQL could not be set up: {command[0]} ended with code {ended.code} and said:\n"
            f"{ended.said[-4_000:]}"
        )


def _require_name(account: Account) -> None:
    try:
        pwd.getpwuid(account.uid)
    except KeyError:
        raise EmbeddedServerFailed(
            f"PostgreSQL makes a new cluster only for a user with a name, and {name_of(account.uid)} has none on this "
            "machine. Start Rapport as a user that the machine knows (in a container: one that /etc/passwd lists)."
        ) from None


def _require_same_major(program: Path, cluster: Path, account: Account) -> None:
    written_by = (cluster / "PG_VERSION").read_text().strip()
    said = account.run([str(program), "--version"]).said
    installed = re.search(r"\d+", said)
    if installed is None:
        raise EmbeddedServerFailed(f"{program} does not run, it says: {said}")
    if installed.group() != written_by:
        raise EmbeddedServerFailed(
            f"{cluster} was written by PostgreSQL {written_by}, and the installed one is {installed.group()}, which "
            "cannot read it. Move the folder away to begin with an empty database, or export it with the version that "
            "wrote it."
        )


def _ready(pid_file: Path, pid: int) -> bool:
    # The eighth line is the postmaster's own word about itself; the first tells a stale file.
    try:
        lines = pid_file.read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _take_over_pid_file(pid_file: Path) -> None:
    """Write our own process id over that of a dead postmaster.

    PostgreSQL refuses to start while any process of its user bears the recorded number: in a container the same
    numbers come again, and a killed postmaster keeps its own until somebody reaps it. It does not mind the number of
    its parent, and still reads from the file which shared memory must be free of survivors.
    """
    try:
        recorded, _, rest = pid_file.read_text().partition("\n")
        if int(recorded) < 0:
            return  # somebody works in single-user mode, or did: for PostgreSQL to decide
    except FileNotFoundError:
        return
    except ValueError:
        pid_file.unlink()  # torn by a crash, and PostgreSQL would not start over it
        return
    descriptor = open_private(pid_file, os.O_WRONLY | os.O_TRUNC)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(f"{os.getpid()}\n{rest}")


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
