"""Putting facts into a sentence by a language model: anything that speaks the chat interface of OpenAI.

Nothing depends on it: what a model does not say, or says wrong, is said by the rules.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, Protocol

import orjson

from app.platform.outgoing import Outgoing, OutgoingFailed, OutgoingRefused

_TASK: Final = (
    "You write to somebody who is being coached. Put the facts that you are given, and nothing else, into one or two"
    " warm and plain English sentences that recommend the exercise to them. Use no names of people, no lists, no links"
    " and no numbers that are not among the facts. Answer with these sentences only."
)
_SHORTEST, _LONGEST = 20, 600
_SECONDS: Final = 10.0
_MOST_BYTES: Final = 65_536
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_NOT_PROSE = re.compile(r"https?:|www\.|[<>{}\[\]\\`*#_|]")


class NotPhrased(Exception):
    """The model is not there, did not answer in time, refused, or answered what cannot be used; says which."""


class Phrasing(Protocol):
    async def phrase(self, facts: Mapping[str, Any]) -> str:
        """A sentence or two that say the facts. Raises `NotPhrased`."""


class ChatPhrasing:
    """`url` is that of the endpoint itself, such as `https://api.example.com/v1/chat/completions`."""

    def __init__(self, outgoing: Outgoing, url: str, model: str, key: str = "", *, seconds: float = _SECONDS) -> None:
        self._outgoing, self._url, self._model, self._seconds = outgoing, url, model, seconds
        self._headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {key}"} if key else {})

    async def phrase(self, facts: Mapping[str, Any]) -> str:
        asked = {
            "model": self._model,
            "temperature": 0,
            "max_tokens": 300,
            "messages": [
                {"role": "system", "content": _TASK},
                {"role": "user", "content": orjson.dumps(facts).decode()},
            ],
        }
        try:
            answer = await self._outgoing.request(
                "POST",
                self._url,
                headers=self._headers,
                content=orjson.dumps(asked),
                seconds=self._seconds,
                most_bytes=_MOST_BYTES,
            )
        except (OutgoingFailed, OutgoingRefused) as failure:
            raise NotPhrased(str(failure)) from None
        if answer.status != 200 or answer.is_cut:
            raise NotPhrased(f"the model's server answered {answer.status}")
        return _usable(_said(answer.body), facts)


def _said(body: bytes) -> str:
    try:
        choice = orjson.loads(body)["choices"][0]
        content = choice["message"]["content"]
    except (ValueError, TypeError, LookupError):
        raise NotPhrased("the model's server answered what is no chat") from None
    if choice.get("finish_reason") not in (None, "stop") or choice["message"].get("refusal"):
        raise NotPhrased("the model did not come to an end, or refused")
    if not isinstance(content, str):
        raise NotPhrased("the model said nothing")
    return " ".join(content.split())


def _usable(said: str, facts: Mapping[str, Any]) -> str:
    if not _SHORTEST <= len(said) <= _LONGEST or not said.isprintable() or _NOT_PROSE.search(said):
        raise NotPhrased("the model said what is no sentence or two")
    if not _numbers_in(said) <= _numbers_in(orjson.dumps(facts).decode()):
        raise NotPhrased("the model said a number that is not among the facts")
    return said


def _numbers_in(said: str) -> set[str]:
    return {number.replace(",", ".") for number in _NUMBER.findall(said)}
