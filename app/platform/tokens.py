"""Short-lived access tokens (JWT, HS256) and opaque refresh tokens."""

import hashlib
import os
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from joserfc import jwt
from joserfc.jwk import OctKey

Made = TypeVar("Made")

MOST_KEPT = 2_000
_ALGORITHM = "HS256"
_ISSUER = "rapport"


class AccessTokens:
    """Issues and reads access tokens; holds no state, so any process with the key can read them."""

    def __init__(self, secret: str, lifetime: timedelta) -> None:
        self._key = OctKey.import_key(secret)
        self._lifetime = lifetime
        # A genuine token stays genuine, and its time is looked at again: one that failed raises, and is not kept.
        self._claims_of = lru_cache(maxsize=MOST_KEPT)(self._verified)

    def issue(self, claims: Mapping[str, Any], now: datetime) -> tuple[str, datetime]:
        """The token and the instant at which it stops being good."""
        expires_at = (now + self._lifetime).replace(microsecond=0)
        full = {**claims, "iss": _ISSUER, "iat": int(now.timestamp()), "exp": int(expires_at.timestamp())}
        return jwt.encode({"alg": _ALGORITHM}, full, self._key), expires_at

    def read(self, token: str, now: datetime) -> dict[str, Any] | None:
        """The claims of a token that is genuine and still good; else None."""
        try:
            claims = deepcopy(self._claims_of(token))  # whatever a caller does with them
        except Exception:  # joserfc trips over forged headers in more ways than its own errors
            return None
        if claims.get("iss") != _ISSUER or not isinstance(claims.get("exp"), int):
            return None
        return claims if datetime.fromtimestamp(claims["exp"], UTC) > now else None

    def reader(
        self, make: Callable[[Mapping[str, Any]], Made]
    ) -> Callable[[str, datetime], tuple[Made, datetime] | None]:
        """Reads what is made of a token's claims, made once, and until when it is good; None as `read` has it."""
        of_token: OrderedDict[str, tuple[Made, datetime]] = OrderedDict()

        def read(token: str, now: datetime) -> tuple[Made, datetime] | None:
            found = of_token.get(token)
            if found is None:
                if (claims := self.read(token, now)) is None:
                    return None
                found = of_token[token] = make(claims), datetime.fromtimestamp(claims["exp"], UTC)
                if len(of_token) > MOST_KEPT:
                    of_token.popitem(last=False)
            return found if found[1] > now else None

        return read

    def _verified(self, token: str) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(token, self._key, algorithms=[_ALGORITHM]).claims
        return claims


def new_refresh_token() -> str:
    return secrets.token_urlsafe(32)


def fingerprint(token: str) -> bytes:
    """What is stored of a refresh token: it has 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def kept_secret(data_dir: Path) -> str:
    """The signing key of this data folder, made at the first start, readable by its owner only."""
    path = data_dir / "secret-key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32))
    return path.read_text(encoding="ascii").strip()
