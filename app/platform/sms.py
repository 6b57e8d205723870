"""SMS: whoever hands them over."""

from typing import Protocol


class SmsSender(Protocol):
    async def send(self, *, key: str, to: str, body: str) -> str:
        """The provider's id of the message. Raises `app.platform.mail.Undelivered`."""
