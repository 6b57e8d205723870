"""A real PostgreSQL for one test, that can be killed and started again."""

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from app.platform.embedded.account import able_to_reach, account_for
from app.platform.embedded.postgres import database_url, ensure_cluster, postgres_server, start_postgres
from app.platform.embedded.processes import recorded_pid
from app.platform.embedded.programs import installed_programs


@contextmanager
def running_postgres() -> Iterator["PostgresServer"]:
    with tempfile.TemporaryDirectory(prefix="postgres") as folder:
        server = PostgresServer(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.kill()


class PostgresServer:
    """As the embedded one, in `folder`: a commit that is said to be done is on the disk."""

    def __init__(self, folder: Path) -> None:
        folder.chmod(0o711)
        places = {name: folder / name for name in ("reach", "sockets")}
        programs, cluster = installed_programs(), folder / "postgres"
        account = account_for(cluster)
        for place in places.values():
            place.mkdir(mode=0o700)
            account.own(place)
        self._account = able_to_reach(places["reach"], programs, account)
        ensure_cluster(programs, cluster, self._account)
        log = folder / "postgres.log"
        log.touch()
        self._server = postgres_server(programs.postgres, cluster, places["sockets"], log)
        self._running = ExitStack()
        self.url = database_url("rapport_app", places["sockets"])
        self.owner_url = database_url("rapport_owner", places["sockets"])

    def start(self) -> None:
        """Returns when it serves again; after `kill` it has first recovered what it had said to be done."""
        start_postgres(self._running, self._server, self._account)

    def kill(self) -> None:
        """The postmaster and all its children at once, as the machine's failure would; without /proc it alone."""
        postmaster = recorded_pid(self._server.pid_file)
        if postmaster is not None and postmaster != os.getpid():
            for pid in (postmaster, *_children(postmaster)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self._running.close()


def _children(postmaster: int) -> list[int]:
    def parent(process: Path) -> int:
        with suppress(OSError):
            return int((process / "stat").read_text().rpartition(")")[2].split()[1])
        return -1

    return [int(process.name) for process in Path("/proc").glob("[0-9]*") if parent(process) == postmaster]
