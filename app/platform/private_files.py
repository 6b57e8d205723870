"""Files that nobody else may read."""

import os
from pathlib import Path


def open_private(path: Path, flags: int = os.O_RDWR) -> int:
    """Open or make a file that only the owner of its folder may read; never through a symbolic link."""
    descriptor = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    if os.geteuid() == 0:
        # So that the owner can still start Rapport after root once did.
        owner = path.parent.stat()
        os.fchown(descriptor, owner.st_uid, -1)
    return descriptor
