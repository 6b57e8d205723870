"""What Linux says of a server's processes: its workers, and how many clients each serves."""

import os
from pathlib import Path


def workers_of(parent: int) -> list[int]:
    """The processes that `rapport serve` has spawned to serve."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()
    return sorted(int(child) for child in children if b"spawn_main" in _read(Path(f"/proc/{child}/cmdline")))


def connections_of(pid: int, port: int) -> int:
    """How many clients of this port the process serves."""
    lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    rows = [line.split() for line in lines]
    established = {f"socket:[{row[9]}]" for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "01"}
    return sum(name in established for name in descriptors_of(pid))


def descriptors_of(pid: int) -> list[str]:
    """What a process has open: files by their path, others by their kind."""
    found = []
    for place in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.append(os.readlink(place))
        except OSError:
            continue
    return found


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""
