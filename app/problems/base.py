"""What every refusal is, and those that are not data."""

from typing import ClassVar


class Problem(Exception):
    """An expected refusal: data in a mutation's answer, a coded error elsewhere. `message` is for people."""

    code: ClassVar[str]
    message: str = ""
    keeps_writes = False

    def __init__(self, message: str | None = None) -> None:
        if message is not None:
            self.message = message
        super().__init__(self.message)

    def kept(self) -> "Problem":
        """Marks that what was written before the refusal is to be committed: a rejection that is itself a fact."""
        self.keeps_writes = True
        return self

    @property
    def extensions(self) -> dict[str, object]:
        return {"code": self.code, "status": 400}


class InvalidInput(Problem):
    code = "INVALID_INPUT"

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)

    @property
    def extensions(self) -> dict[str, object]:
        return {"code": "BAD_USER_INPUT", "status": 400, "field": self.field}


class Refusal(Exception):
    """Not allowed, not logged in, too much: a top-level error with a code and an HTTP status, never data."""

    code: ClassVar[str]
    status: ClassVar[int]
    message: ClassVar[str]

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.message)

    @property
    def extensions(self) -> dict[str, object]:
        return {"code": self.code, "status": self.status}


class Unauthenticated(Refusal):
    code = "UNAUTHENTICATED"
    status = 401
    message = "Log in first"


class Forbidden(Refusal):
    """Said of what exists and of what does not alike."""

    code = "FORBIDDEN"
    status = 403
    message = "You are not allowed to do this"


class RateLimited(Refusal):
    code = "RATE_LIMITED"
    status = 429
    message = "Too many requests; wait a moment"


class HookIsGone(Refusal):
    code = "HOOK_IS_GONE"
    status = 410
    message = "This hook was removed"


def in_words(status: str) -> str:
    return "a no-show" if status == "NO_SHOW" else status.lower().replace("_", " ")
