"""Answers in parts: incremental delivery (`@defer`, `@stream`) and subscriptions, both as `multipart/mixed`."""

from collections.abc import Sequence
from typing import Any

from app.wire.encoding import encode
from app.wire.http.incremental import is_incremental, payload_of
from app.wire.http.status import Header

_NO_CACHE: Header = (b"cache-control", b"no-cache")


class _Parts:
    """Each part is followed by its boundary at once: a client takes it for complete only then."""

    boundary = b"-"
    heartbeat: bytes | None = None

    @property
    def opening(self) -> bytes:
        return b"--" + self.boundary

    @property
    def closing(self) -> bytes:
        return b"--\r\n"

    def part(self, payload: object) -> bytes:
        head = b"\r\ncontent-type: application/json; charset=utf-8\r\n\r\n"
        return head + encode(payload) + b"\r\n--" + self.boundary


class IncrementalParts(_Parts):
    """A piece is found by its id; the path and label beside it are for clients of the older format."""

    headers: tuple[Header, ...] = ((b"content-type", b'multipart/mixed; boundary="-"'), _NO_CACHE)

    def __init__(self) -> None:
        self._pending: dict[str, Any] = {}
        self._next_item: dict[str, int] = {}

    def frame(self, result: Any) -> bytes:
        payload = payload_of(result)
        if not is_incremental(result):
            return self.part({**payload, "hasNext": False})
        pieces: list[dict[str, Any]] = payload.get("incremental", [])
        for pending in result.pending or ():
            self._pending[pending.id] = pending
        for piece in pieces:
            meant = self._pending[piece["id"]]
            piece["path"] = [*meant.path, *piece.get("subPath", ())]
            if meant.label is not None:
                piece["label"] = meant.label
        known: dict[tuple[Any, ...], list[Any]] = {(): [payload["data"]]} if "data" in payload else {}
        for piece in pieces:
            known.setdefault(tuple(piece["path"]), []).append(piece.get("data"))
        for pending in result.pending or ():
            self._note_items(pending, known)
        for piece in pieces:
            if "items" in piece:
                first = self._next_item.get(piece["id"], 0)
                self._next_item[piece["id"]] = first + len(piece["items"] or ())
                piece["path"] = [*piece["path"], first]
        return self.part(payload)

    def _note_items(self, pending: Any, known: dict[tuple[Any, ...], list[Any]]) -> None:
        """How many items of a list are there when the rest of it begins to come."""
        path = tuple(pending.path)
        for length in range(len(path) + 1):
            for data in known.get(path[:length], ()):
                found = _at(data, path[length:])
                if isinstance(found, list):
                    self._next_item[pending.id] = len(found)


class SubscriptionParts(_Parts):
    """Apollo's protocol for subscriptions: a result is a `payload`, an empty part says that we are still here."""

    boundary = b"graphql"
    headers: tuple[Header, ...] = (
        (b"content-type", b'multipart/mixed; boundary="graphql"; subscriptionSpec="1.0"'),
        _NO_CACHE,
    )

    def __init__(self) -> None:
        self.heartbeat = self.part({})

    def frame(self, result: Any) -> bytes:
        return self.part({"payload": payload_of(result)})


def _at(data: Any, path: Sequence[Any]) -> Any:
    for key in path:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return None
    return data
