"""Reading `Accept` and `Content-Type`: which form an answer may have, and whether a body is JSON."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from app.wire.http.status import GRAPHQL_RESPONSE, JSON

_REMEMBERED = 256
_LONGEST_REMEMBERED = 512
_LONGEST_READ = 4_096


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a client can read. A stream is only what it lists by name: `*/*` asks for none."""

    json: bytes | None = JSON  # the media type of a plain answer, if one is acceptable
    events: bool = False  # text/event-stream
    prefers_events: bool = False  # over any JSON: more than being listed beside it
    parts: bool = False  # multipart/mixed
    subscription_parts: bool = False  # multipart/mixed;subscriptionSpec=1.0
    prefers_page: bool = False  # text/html over any JSON


@dataclass(frozen=True, slots=True)
class _Range:
    """One media range; `quality` is 1 unless it says less."""

    kind: str
    subtype: str
    parameters: dict[str, str]
    quality: float
    position: int

    def precision(self, kind: str, subtype: str) -> int:
        """How exactly it means this type; 0 if it does not."""
        if self.kind == kind and self.subtype == subtype:
            return 3
        if self.subtype != "*":
            return 0
        return 2 if self.kind == kind else 1 if self.kind == "*" else 0


def accepted_by(headers: Iterable[tuple[bytes, bytes]]) -> Accepted:
    """For a request whose `Accept` nobody has looked for yet."""
    return accepted(b",".join(value for name, value in headers if name == b"accept"))


def accepted(header: bytes) -> Accepted:
    """What these words of a client mean. Without any, or with far too many, it gets application/json."""
    if len(header) > _LONGEST_READ:
        return Accepted()
    return _remembered(header) if len(header) <= _LONGEST_REMEMBERED else _read(header)


def _read(header: bytes) -> Accepted:
    if not header.strip():
        return Accepted()
    ranges = list(_ranges(header.decode("latin-1")))
    named = {(each.kind, each.subtype): each for each in reversed(ranges) if each.quality > 0}
    parts = [each for each in ranges if (each.kind, each.subtype) == ("multipart", "mixed") and each.quality > 0]
    in_graphql = _wish(ranges, "application", "graphql-response+json")
    in_json = _wish(ranges, "application", "json")
    best = max(in_graphql, in_json)
    events, page = named.get(("text", "event-stream")), named.get(("text", "html"))
    return Accepted(
        json=None if best[0] <= 0 else JSON if in_json >= in_graphql else GRAPHQL_RESPONSE,
        events=events is not None,
        prefers_events=events is not None and events.quality > best[0],
        parts=bool(parts),
        subscription_parts=any(each.parameters.get("subscriptionspec", "").startswith("1.") for each in parts),
        prefers_page=page is not None and page.quality > best[0],
    )


_remembered = lru_cache(_REMEMBERED)(_read)


def _wish(ranges: list[_Range], kind: str, subtype: str) -> tuple[float, int, int]:
    """How much a type is wanted, to be compared: by quality, then by being named, then by being named first."""
    best = max(ranges, key=lambda each: each.precision(kind, subtype), default=None)
    precision = best.precision(kind, subtype) if best is not None else 0
    return (best.quality, precision, -best.position) if best is not None and precision else (0.0, 0, 0)


def _ranges(header: str) -> Iterator[_Range]:
    for position, part in enumerate(header.split(",")):
        name, parameters = _parsed(part)
        kind, _, subtype = name.partition("/")
        if not kind or not subtype or parameters.get("charset", "utf-8") not in {"utf-8", "utf8"}:
            continue
        try:
            quality = float(parameters.pop("q", "1"))
        except ValueError:
            quality = 1.0
        yield _Range(kind, subtype, parameters, min(max(quality, 0.0), 1.0), position)


def _parsed(value: str) -> tuple[str, dict[str, str]]:
    """A media type and its parameters, all in lower case."""
    name, *rest = value.lower().split(";")
    parameters: dict[str, str] = {}
    for parameter in rest:
        key, _, given = parameter.partition("=")
        parameters[key.strip()] = given.strip().strip("\"'")
    return name.strip(), parameters


def is_json(content_type: bytes) -> bool:
    """Whether it says application/json, in UTF-8 if it says in what."""
    return _is_json(content_type) if len(content_type) <= _LONGEST_REMEMBERED else False


@lru_cache(_REMEMBERED)
def _is_json(content_type: bytes) -> bool:
    name, parameters = _parsed(content_type.decode("latin-1"))
    return name == "application/json" and parameters.get("charset", "utf-8") in {"utf-8", "utf8"}
