"""Values encrypted at rest: AES-256-GCM under a key that the value names, bound to the row and column it stands in.

Layout: `version (1 byte) | key id (16) | nonce (12) | ciphertext + tag (16)`; additional data: `table|column|row id`.
"""

import os
import re
from base64 import b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = 1
SECRET_BYTES = 32
_ID_BYTES, _NONCE_BYTES, _TAG_BYTES = 16, 12, 16
_BEFORE_NONCE = 1 + _ID_BYTES
_BEFORE_CIPHERTEXT = _BEFORE_NONCE + _NONCE_BYTES
SHORTEST = _BEFORE_CIPHERTEXT + _TAG_BYTES
"""Of nothing at all, in bytes."""

_MASTER_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,16}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value is stored; it can be read from nowhere else."""

    table: str
    column: str
    row_id: UUID | str

    @property
    def additional_data(self) -> bytes:
        return f"{self.table}|{self.column}|{self.row_id}".encode()


class UnreadableValue(RuntimeError):
    """An encrypted value that is not what was written here; the message names the row, and says nothing of the text."""

    def __init__(self, place: Place, why: str) -> None:
        self.place = place
        super().__init__(f"{place.table} {place.row_id}: {place.column} {why}")


@dataclass(frozen=True, slots=True)
class Key:
    """A secret of 32 bytes under an id of 16."""

    id: bytes
    secret: bytes = field(repr=False)
    _cipher: AESGCM = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        assert len(self.id) == _ID_BYTES
        object.__setattr__(self, "_cipher", AESGCM(self.secret))

    @classmethod
    def made(cls, key_id: bytes) -> "Key":
        return cls(key_id, new_secret())

    def seal(self, plain: bytes, place: Place) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return bytes((VERSION,)) + self.id + nonce + self._cipher.encrypt(nonce, plain, place.additional_data)

    def unseal(self, value: bytes, place: Place) -> bytes:
        """Raises `UnreadableValue`."""
        if key_id_of(value, place) != self.id:
            raise UnreadableValue(place, "is under another key")
        nonce, ciphertext = value[_BEFORE_NONCE:_BEFORE_CIPHERTEXT], value[_BEFORE_CIPHERTEXT:]
        try:
            return self._cipher.decrypt(nonce, ciphertext, place.additional_data)
        except InvalidTag:
            raise UnreadableValue(place, "was changed, or belongs to another row, or its key is another one") from None


def new_secret() -> bytes:
    return os.urandom(SECRET_BYTES)


def key_id_of(value: bytes, place: Place) -> bytes:
    """The id of the key that a value is under; raises `UnreadableValue` for what is no encrypted value."""
    if len(value) < SHORTEST:
        raise UnreadableValue(place, "is no encrypted value")
    if value[0] != VERSION:
        raise UnreadableValue(place, f"is of the version {value[0]}, which is not known")
    return value[1:_BEFORE_NONCE]


def master_key(key_id: str, secret: bytes) -> Key:
    return Key(key_id.encode("ascii").ljust(_ID_BYTES, b"\0"), secret)


def master_key_id(key_id: bytes) -> str:
    """As it is written in settings."""
    return key_id.rstrip(b"\0").decode("ascii", errors="replace")


def read_master_keys(written: str) -> dict[str, Key]:
    """Keys written `id:base64`, with commas or line breaks between, in their order; raises `ValueError`."""
    found: dict[str, Key] = {}
    for number, entry in enumerate(filter(None, re.split(r"[,\s]+", written)), start=1):
        key_id, colon, secret = entry.partition(":")
        # What stands before the colon may be a secret, where the colon was forgotten: it is not repeated.
        if not colon or not _MASTER_KEY_ID.fullmatch(key_id):
            raise ValueError(f"key {number} is not written id:base64, the id of 1 to 16 letters, digits, - and _")
        try:
            plain = b64decode(secret, validate=True)
        except NotBase64:
            raise ValueError(f"the key {key_id} is not in base64") from None
        if len(plain) != SECRET_BYTES:
            raise ValueError(f"the key {key_id} has {len(plain)} bytes, not {SECRET_BYTES}")
        if key_id in found:
            raise ValueError(f"there are two keys {key_id}")
        found[key_id] = master_key(key_id, plain)
    if not found:
        raise ValueError("there is no key in it")
    return found
