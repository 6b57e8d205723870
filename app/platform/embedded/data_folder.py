"""The data folder, who holds it, and the short folder in the temporary directory where its sockets are."""

import fcntl
import json
import os
import shlex
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from app.platform.embedded.account import Account, name_of
from app.platform.embedded.failures import DataFolderInUse, EmbeddedServerFailed
from app.platform.private_files import open_private

POSTGRES_SOCKET = ".s.PGSQL.5432"
REDIS_SOCKET = "redis.sock"
_IN_SOCKET_FOLDER = (POSTGRES_SOCKET, f"{POSTGRES_SOCKET}.lock", REDIS_SOCKET)
_LONGEST_SOCKET_PATH = 103  # macOS; Linux allows 107 bytes
_DEAD_HOLDER_SECONDS = 3


@dataclass
class HeldFolder:
    """A data folder whose lock this process holds."""

    path: Path
    descriptor: int
    made_now: bool
    socket_folder: str | None  # what the lock file remembers, possibly of a predecessor that was killed

    def remember(self, socket_folder: str | None) -> None:
        """Write into the lock file who we are and which socket folder is ours to remove."""
        self.socket_folder = socket_folder
        content = json.dumps(
            {
                "pid": os.getpid(),
                "user": name_of(os.geteuid()),
                "command": shlex.join(sys.orig_argv)[:400],
                "started_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                "socket_folder": socket_folder,
            }
        )
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, content.encode(), 0)

    def let_in(self, account: Account) -> None:
        """Let the servers' group pass through a folder that we as root have just made; nobody else, nothing more."""
        if account.switch and self.made_now:
            with suppress(OSError):  # a root that may not do this: the servers then need a capability, or are refused
                os.chown(self.path, -1, account.gid)
                self.path.chmod(0o710)

    def fresh_log(self, name: str) -> Path:
        """An empty log file; what a start before this one wrote is kept once, as `….previous`."""
        log = self.path / name
        if log.exists():
            log.replace(log.with_name(f"{name}.previous"))
        os.close(open_private(log))
        return log


@contextmanager
def held_data_folder(folder: Path) -> Iterator[HeldFolder]:
    """Make the folder if it is missing and hold it; raises DataFolderInUse when another process does.

    The lock ends with the process however it dies, and no child inherits it: servers that outlive their
    parent do not keep the folder closed.
    """
    made_now = not folder.exists()
    if made_now:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    descriptor = open_private(folder / "lock")
    try:
        _lock(folder, descriptor)
        held = HeldFolder(folder, descriptor, made_now, _content(descriptor).get("socket_folder"))
        held.remember(held.socket_folder)
        yield held
    finally:
        os.close(descriptor)


def socket_folder_in_use(folder: Path) -> Path | None:
    """The socket folder of the living process that holds this data folder, if there is one."""
    try:
        descriptor = os.open(folder / "lock", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        holder = _content(descriptor)
    finally:
        os.close(descriptor)
    sockets = holder.get("socket_folder")
    return Path(sockets) if sockets is not None and _lives(holder) else None


@contextmanager
def fresh_socket_folder(held: HeldFolder, account: Account) -> Iterator[Path]:
    """A private folder with a path short enough for a socket; one left over by a killed process is removed first."""
    if held.socket_folder is not None:
        _remove_socket_folder(Path(held.socket_folder), account)
    folder = Path(tempfile.mkdtemp(prefix="rapport-", dir=_short_temporary_directory()))
    held.remember(str(folder))
    try:
        account.own(folder)
        yield folder
    finally:
        _remove_socket_folder(folder, account)
        held.remember(None)


def _remove_socket_folder(folder: Path, account: Account) -> None:
    # After a restart of the machine the name may be anybody's: only a folder of ours, only files we know, no recursion.
    with suppress(OSError):
        if folder.is_symlink() or folder.stat().st_uid not in (os.geteuid(), account.uid):
            return
        for name in _IN_SOCKET_FOLDER:
            (folder / name).unlink(missing_ok=True)
        folder.rmdir()


def _short_temporary_directory() -> str:
    for directory in ("/tmp", tempfile.gettempdir()):
        longest = os.path.join(os.path.realpath(directory), "rapport-12345678", POSTGRES_SOCKET)
        if os.access(directory, os.W_OK | os.X_OK) and len(os.fsencode(longest)) <= _LONGEST_SOCKET_PATH:
            return os.path.realpath(directory)
    raise EmbeddedServerFailed(
        "No temporary directory is both writable and short enough to hold a socket (103 bytes with its name): "
        "make /tmp writable, or set TMPDIR to a short path."
    )


def _lock(folder: Path, descriptor: int) -> None:
    # The recorded holder may be dead for a moment while the folder is held: the next one has not written its name yet,
    # or a killed one was just starting a child, which has the lock's descriptor until it becomes another program.
    deadline = time.monotonic() + _DEAD_HOLDER_SECONDS
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if _lives(holder := _content(descriptor)) or time.monotonic() > deadline:
                raise DataFolderInUse(_words_about(holder, folder)) from None
        time.sleep(0.02)


def _words_about(holder: dict[str, str], folder: Path) -> str:
    if "pid" not in holder:
        return f"The data folder {folder} is in use by another process."
    return (
        f"The data folder {folder} is in use by process {holder['pid']} of user {holder.get('user')} "
        f"since {holder.get('started_at')}: {holder.get('command')}\n"
        "Stop that process, or choose another data folder for this one."
    )


def _lives(holder: dict[str, str]) -> bool:
    try:
        os.kill(int(holder["pid"]), 0)
    except PermissionError:
        return True
    except (KeyError, ValueError, TypeError, ProcessLookupError):
        return False
    return True


def _content(descriptor: int) -> dict[str, str]:
    try:
        content = json.loads(os.pread(descriptor, 65_536, 0))
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
