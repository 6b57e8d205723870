"""Addresses below `PUBLIC_URL`: of what people are told of, and of where they unsubscribe, signed."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Protocol
from uuid import UUID

_MARK = 16


class Links:
    """`public_url` is where the practice is to be reached, or empty: then there are none."""

    def __init__(self, public_url: str, secret: str) -> None:
        self.public_url = public_url
        self._key = hmac.digest(secret.encode(), b"rapport: unsubscribing", hashlib.sha256)

    def to(self, path: str) -> str | None:
        return self.public_url + path if self.public_url else None

    def unsubscribe(self, user_id: UUID, kind: str, channel: str) -> str | None:
        return self.to(f"/unsubscribe/{self.unsubscribe_token(user_id, kind, channel)}")

    def unsubscribe_token(self, user_id: UUID, kind: str, channel: str) -> str:
        """Good for ever: a mail may be read years later."""
        named = user_id.bytes + f"{kind} {channel}".encode()
        return urlsafe_b64encode(self._mark(named) + named).decode().rstrip("=")

    def read_unsubscribe_token(self, token: str) -> tuple[UUID, str, str] | None:
        """Whose mails of which kind by which channel; None for one that is not of our making."""
        try:
            plain = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        except ValueError:
            return None
        mark, named = plain[:_MARK], plain[_MARK:]
        if not hmac.compare_digest(mark, self._mark(named)):
            return None
        kind, _, channel = named[16:].decode().partition(" ")
        return UUID(bytes=named[:16]), kind, channel

    def _mark(self, named: bytes) -> bytes:
        return hmac.digest(self._key, named, hashlib.sha256)[:_MARK]


class Carrier(Protocol):
    @property
    def info(self) -> dict[Any, Any]: ...


def links_of(db: Carrier) -> Links:
    """The links that a transaction carries."""
    found: Links = db.info["links"]
    return found
