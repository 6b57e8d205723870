"""A real pgbouncer for one test; run as a script, it prints why there is none, or nothing."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, make_url

# Where .ci/run unpacks Debian's package: installed, it would start a server of its own.
UNPACKED = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rapport-tests" / "pgbouncer"
PORT = 6432
_START_SECONDS = 10.0


def program() -> tuple[str, str] | None:
    """Its path, and where its libraries are if they came with it."""
    installed = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if installed is not None:
        return installed, ""
    unpacked = UNPACKED / "usr" / "sbin" / "pgbouncer"
    libraries = ":".join(str(folder) for folder in (UNPACKED / "usr" / "lib").glob("*-linux-*"))
    return (str(unpacked), libraries) if unpacked.exists() else None


def why_not() -> str | None:
    return None if program() else "pgbouncer is not installed; on Debian: apt-get install pgbouncer"


@contextmanager
def running_pgbouncer(database_url: str, *, pool_size: int = 4, **settings: str) -> Iterator[str]:
    """One in transaction mode before this database; the same URL, leading through it. `settings` are of its file.

    `login` is who it logs in to PostgreSQL as; by default whoever logs in to it.
    """
    found = program()
    assert found is not None, why_not()
    path, libraries = found
    url = make_url(database_url)
    # Not pytest's folder: the path of a unix socket has 107 characters at most.
    with tempfile.TemporaryDirectory(prefix="pgbouncer") as name:
        folder = Path(name)
        login = settings.pop("login", "")
        configuration = folder / "pgbouncer.ini"
        configuration.write_text(_configuration(url, folder, pool_size, login, settings), encoding="utf-8")
        users = {(url.username or "", url.password or ""), (login, url.password or "")}
        (folder / "users.txt").write_text("".join(f'"{user}" "{password}"\n' for user, password in users if user))
        process = subprocess.Popen(
            [path, "-q", str(configuration)],
            env={"LD_LIBRARY_PATH": libraries} if libraries else {},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait(process, folder)
            yield url.set(host=None, port=None, query={"host": name, "port": str(PORT)}).render_as_string(False)
        finally:
            process.kill()
            process.wait()


def _configuration(url: URL, folder: Path, pool_size: int, login: str, settings: dict[str, str]) -> str:
    host, port = url.query.get("host") or url.host or "127.0.0.1", url.query.get("port") or url.port or 5432
    given = {
        "unix_socket_dir": folder,
        "listen_port": PORT,
        "auth_type": "trust",
        "auth_file": folder / "users.txt",
        "logfile": folder / "log",
        "pool_mode": "transaction",
        "default_pool_size": pool_size,
        "max_client_conn": 1_000,
        **settings,
    }
    if os.geteuid() == 0:
        given["user"] = _hand_over(folder, url)
    lines = [f"{name} = {value}" for name, value in given.items()]
    target = f"* = host={host} port={port}" + (f" user={login}" if login else "")
    return "\n".join(["[databases]", target, "[pgbouncer]", *lines, ""])


def _hand_over(folder: Path, url: URL) -> str:
    """It does not serve as root, but as whom PostgreSQL's socket belongs to."""
    sockets = url.query.get("host")
    owner = pwd.getpwuid(Path(str(sockets)).stat().st_uid) if sockets else pwd.getpwnam("nobody")
    os.chown(folder, owner.pw_uid, -1)
    return owner.pw_name


def _wait(process: "subprocess.Popen[bytes]", folder: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not (folder / f".s.PGSQL.{PORT}").exists():
        log = folder / "log"
        said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else "nothing"
        assert process.poll() is None, f"pgbouncer ended: {said}"
        assert time.monotonic() < deadline, f"pgbouncer does not start: {said}"
        time.sleep(0.01)


if __name__ == "__main__":
    print(why_not() or "")
