"""The keys that one process has: master keys of a setting or a file, and the data keys that it has unwrapped."""

import fcntl
import os
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from app.platform.encryption import Key, master_key, master_key_id, new_secret, read_master_keys
from app.platform.private_files import open_private
from app.platform.settings import InvalidSettings, Settings

KEY_FILE = "encryption-keys"
MOST_KEPT = 1_000


class MasterKeys:
    """Each wraps data keys; the first encrypts, all decrypt. Those of a file are read again when one is not known."""

    def __init__(self, keys: Mapping[str, Key], *, source: str, file: "KeyFile | None" = None) -> None:
        """`source` is what an error names: the variable or the file."""
        self.source, self.file = source, file
        self._keys = dict(keys)

    @property
    def first_id(self) -> str:
        return next(iter(self._keys))

    @property
    def first(self) -> Key:
        return self._keys[self.first_id]

    @property
    def ids(self) -> list[str]:
        return list(self._keys)

    def get(self, key_id: bytes) -> Key | None:
        name = master_key_id(key_id)
        if name not in self._keys:
            self.read_again()
        return self._keys.get(name)

    def read_again(self) -> None:
        """Before a key is wrapped too, so that a rotation leaves none behind."""
        if self.file is not None:
            self._keys = self.file.read()


class KeyFile:
    """A file of mode 600, a key `id:base64` on each line, the first encrypts."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, Key]:
        """Raises `InvalidSettings`, which names the file."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as refused:
            raise InvalidSettings(f"ENCRYPTION_KEY_FILE: {self.path} cannot be read: {refused.strerror}") from None
        with os.fdopen(descriptor, encoding="ascii", errors="replace") as file:
            if os.fstat(descriptor).st_mode & 0o077:
                raise InvalidSettings(f"ENCRYPTION_KEY_FILE: {self.path} is open to others; its mode must be 600")
            try:
                return read_master_keys(file.read())
            except ValueError as wrong:
                raise InvalidSettings(f"ENCRYPTION_KEY_FILE: {self.path}: {wrong}") from None

    def make(self, key_id: str) -> None:
        """With one new key, unless the file is there."""
        with self.held():
            if not self.path.exists():
                self._write({key_id: master_key(key_id, new_secret())})

    def put_first(self, key: Key) -> None:
        """For whoever holds the file."""
        self._write({master_key_id(key.id): key, **self.read()})

    @contextmanager
    def held(self) -> Iterator[None]:
        """Two that add a key take turns, so that neither loses the other's."""
        descriptor = open_private(self.path.with_name(f"{self.path.name}.lock"))
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _write(self, keys: Mapping[str, Key]) -> None:
        # A key that wraps something must not be lost with the power.
        beside = self.path.with_name(f"{self.path.name}.new")
        lines = [f"{name}:{b64encode(key.secret).decode()}\n" for name, key in keys.items()]
        with os.fdopen(open_private(beside, os.O_WRONLY | os.O_TRUNC), "w", encoding="ascii") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def master_keys(settings: Settings) -> MasterKeys:
    """Those of the settings; raises `InvalidSettings` where there are none: a key is never made here."""
    if settings.encryption_keys:
        return MasterKeys(read_master_keys(settings.encryption_keys), source="ENCRYPTION_KEYS")
    if settings.encryption_key_file is None:
        raise InvalidSettings(
            "ENCRYPTION_KEYS: is needed with DATABASE_URL, because without it what is encrypted is lost; make one by"
            ' echo "first:$(openssl rand -base64 32)" and keep it apart from the database and its back-ups'
        )
    file = KeyFile(settings.encryption_key_file)
    return MasterKeys(file.read(), source=f"ENCRYPTION_KEY_FILE: {file.path}", file=file)


Owned = tuple[UUID, bytes]
"""Whose key, and its id: a value that was moved to somebody else's row does not find its key."""


class Keys:
    """What transactions carry along: the master keys, and the data keys that were unwrapped last."""

    def __init__(self, master: MasterKeys, most: int = MOST_KEPT) -> None:
        self.master, self._most = master, most
        self.confirmed: set[str] = set()
        """Ids of master keys that are the ones that the database knows."""
        self._kept: OrderedDict[Owned, Key] = OrderedDict()

    def kept(self, owned: Owned) -> Key | None:
        key = self._kept.get(owned)
        if key is not None:
            self._kept.move_to_end(owned)
        return key

    def keep(self, owner: UUID, key: Key) -> None:
        self._kept[owner, key.id] = key
        self._kept.move_to_end((owner, key.id))
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def forget(self) -> None:
        self._kept.clear()


class Carrier(Protocol):
    @property
    def info(self) -> dict[Any, Any]: ...


def keys_of(db: Carrier) -> Keys:
    """The keys that a transaction carries."""
    found: Keys = db.info["keys"]
    return found
