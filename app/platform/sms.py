"""SMS: whoever hands them over, what a telephone number looks like, and how many parts a text takes."""

import asyncio
import re
from typing import Final, Protocol

import httpx2

from app.platform.mail import Undelivered

LONGEST: Final = 1_600
"""Characters of a text that Twilio takes."""

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_BETWEEN_DIGITS = re.compile(r"[\s()./\u2010-\u2015-]")

# GSM 03.38: what one part of 160 is written in. Those of the extension take two places.
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENSION = frozenset("\f^{}\\[~]|€")


class SmsSender(Protocol):
    async def send(self, *, key: str, to: str, body: str) -> str:
        """The provider's id of the message. Raises `app.platform.mail.Undelivered`.

        `to` is a number with the country's code, as somebody may have written it.
        """


def telephone_number(written: str | None) -> str | None:
    """In E.164, `+` and digits; None for what is not written with the country's code, for nobody can guess that."""
    plain = _BETWEEN_DIGITS.sub("", written or "").replace("+00", "+", 1)
    if plain.startswith("00"):
        plain = f"+{plain[2:]}"
    return plain if _NUMBER.fullmatch(plain) else None


def parts_of(body: str) -> int:
    """How many SMS a text is sent, and charged, as."""
    if all(character in _GSM or character in _GSM_EXTENSION for character in body):
        return _parts([2 if character in _GSM_EXTENSION else 1 for character in body], alone=160, joined=153)
    return _parts([2 if ord(character) > 0xFFFF else 1 for character in body], alone=70, joined=67)


def _parts(places: list[int], *, alone: int, joined: int) -> int:
    """A character of two places is not torn apart."""
    if sum(places) <= alone:
        return 1
    parts, taken = 1, 0
    for each in places:
        if taken + each > joined:
            parts, taken = parts + 1, 0
        taken += each
    return parts


class TwilioSms:
    """Twilio's HTTP API. It takes no idempotency key for a message, so `key` stays here: an SMS that was taken while
    the answer was lost is sent a second time when it is tried again."""

    # These errors pass; the others of 400 and up are of the message, or of the account, itself.
    _PASSING: Final = frozenset({408, 425, 429})

    def __init__(self, account: str, token: str, sender: str, base_url: str, *, seconds: float = 10.0) -> None:
        self._path = f"/2010-04-01/Accounts/{account}/Messages.json"
        self._from = {"MessagingServiceSid" if sender.startswith("MG") else "From": sender}
        self._seconds = seconds
        self._client = httpx2.AsyncClient(
            base_url=base_url,
            auth=(account, token),
            timeout=seconds,
            follow_redirects=False,
            trust_env=False,
        )

    async def send(self, *, key: str, to: str, body: str) -> str:
        if (number := telephone_number(to)) is None:
            raise Undelivered("This is no telephone number with + and the country's code", is_final=True)
        try:
            async with asyncio.timeout(self._seconds):  # of all, where the client's own is of each step
                answer = await self._client.post(self._path, data={**self._from, "To": number, "Body": body})
        except (httpx2.HTTPError, TimeoutError) as failure:
            raise Undelivered(f"Twilio did not answer ({type(failure).__name__})") from failure
        found = _read(answer)
        if answer.status_code == 201 and isinstance(sid := found.get("sid"), str):
            return sid
        why = f"Twilio answered {answer.status_code}"
        if "code" in found:  # its message repeats the number, and may repeat the text
            why = f"{why} with the error {found['code']}"
        is_final = 400 <= answer.status_code < 500 and answer.status_code not in self._PASSING
        raise Undelivered(why, is_final=is_final)

    async def close(self) -> None:
        await self._client.aclose()


def _read(answer: httpx2.Response) -> dict[str, object]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
