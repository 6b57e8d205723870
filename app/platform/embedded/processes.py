"""Server processes: started, waited for, stopped, and known again when they outlived the one that started them."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from app.platform.embedded.account import Account
from app.platform.embedded.failures import EmbeddedServerFailed, tail
from app.platform.private_files import open_private

_POLL_SECONDS = 0.01
_PROC = Path("/proc")


@dataclass(frozen=True)
class Server:
    """One server program and what it takes to start it, to find it again and to end it."""

    name: str
    command: tuple[str, ...]
    hallmark: str  # how the command line goes on from the program to our folder: no other process has it
    pid_file: Path
    log: Path
    start_seconds: float
    farewell: tuple[tuple[signal.Signals, float], ...]  # signals from polite to final, with seconds of patience


@contextmanager
def running(server: Server, account: Account, ready: Callable[[int], bool]) -> Iterator[None]:
    """The server, ready to serve inside the block and gone after it; `ready` is asked with the process id."""
    output = open_private(server.log, os.O_WRONLY | os.O_APPEND)
    try:
        process = account.popen(list(server.command), output)
    finally:
        os.close(output)
    try:
        _await_ready(server, process, ready)
        yield
    finally:
        _stop(server, process)


def stop_leftover(server: Server) -> None:
    """End a server that outlived its parent; a process that merely bears the number in the pid file is left alone."""
    pid = recorded_pid(server.pid_file)
    if pid is None:
        return
    for farewell, seconds in server.farewell:
        if not _is(server, pid):
            return
        with suppress(ProcessLookupError):
            os.kill(pid, farewell)
        deadline = time.monotonic() + seconds
        while _is(server, pid) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
    if _is(server, pid):
        raise EmbeddedServerFailed(f"An earlier {server.name}, process {pid}, does not stop. End it and start again.")


def recorded_pid(pid_file: Path) -> int | None:
    """The process id in the first line of a pid file."""
    try:
        pid = int(pid_file.read_text().partition("\n")[0])
    except (FileNotFoundError, ValueError):
        return None
    return pid if pid > 0 else None


def command_line(pid: int) -> str:
    """The command of a living process with its arguments, each followed by a space; empty if there is none."""
    if _PROC.joinpath("self").exists():
        with suppress(OSError):
            return os.fsdecode((_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" "))
        return ""
    with suppress(OSError, subprocess.SubprocessError):
        listed = subprocess.run(
            ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, timeout=5, check=False
        )
        return os.fsdecode(listed.stdout).rstrip("\n") + " "
    return ""


def _is(server: Server, pid: int) -> bool:
    return server.hallmark in command_line(pid)


def _await_ready(server: Server, process: subprocess.Popen[bytes], ready: Callable[[int], bool]) -> None:
    deadline = time.monotonic() + server.start_seconds
    while not ready(process.pid):
        if process.poll() is not None:
            raise _failed(server, f"{server.name} ended while starting, with code {process.returncode}.")
        if time.monotonic() > deadline:
            raise _failed(server, f"{server.name} was not ready after {server.start_seconds:.0f} seconds.")
        time.sleep(_POLL_SECONDS)


def _failed(server: Server, what_happened: str) -> EmbeddedServerFailed:
    return EmbeddedServerFailed(f"{what_happened} The end of {server.log}:\n{tail(server.log)}")


def _stop(server: Server, process: subprocess.Popen[bytes]) -> None:
    try:
        for farewell, seconds in server.farewell:
            process.send_signal(farewell)
            with suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
                return
    finally:
        # A second Ctrl-C while we wait: both servers recover from this, an orphan would stay.
        if process.poll() is None:
            process.kill()
            process.wait()
