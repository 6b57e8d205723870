"""Where people reach what they are told of: addresses below `PUBLIC_URL`."""

from typing import Any, Protocol


class Carrier(Protocol):
    """A database session of `Database`, which carries the address along."""

    @property
    def info(self) -> dict[Any, Any]: ...


def link_to(db: Carrier, path: str) -> str | None:
    """None while no address is configured."""
    base = db.info.get("public_url", "")
    return f"{base}{path}" if base else None
