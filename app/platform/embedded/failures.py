"""What can go wrong with the embedded servers, in words a person can act on."""

from pathlib import Path

WAY_OUT = "Or use servers of your own: with DATABASE_URL and REDIS_URL set, none is started here."
_TAIL_LINES = 20
_TAIL_BYTES = 8_192


class DataFolderInUse(RuntimeError):
    """Another process serves from this data folder; the message names its id, user, command and start."""


class EmbeddedServerFailed(RuntimeError):
    """A server could not be started or stopped; the message carries the end of its log and a way out."""

    def __init__(self, what_happened: str) -> None:
        super().__init__(f"{what_happened}\n{WAY_OUT}")


def tail(log: Path) -> str:
    """The last lines of a log, or a word about why there are none; reads only the end of the file."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            lines = stream.read().decode(errors="replace").splitlines()
    except OSError as refusal:
        return f"(its log cannot be read: {refusal})"
    return "\n".join(lines[-_TAIL_LINES:]) or "(its log is empty)"
