"""Documents that clients name by their hash: sent once and remembered, or known beforehand and nothing else."""

import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from sys import getsizeof
from typing import Any, Final, Protocol

from graphql import GraphQLError

LONGEST: Final = 64 * 1_024
"""Bytes of a document that is remembered."""

_STATUS = {"PERSISTED_QUERY_NOT_FOUND": 404, "PERSISTED_QUERY_NOT_SUPPORTED": 501, "DOCUMENT_NOT_TRUSTED": 403}
_DIGEST = re.compile("[0-9a-f]{64}")
_PREFIX = "sha256:"


class DocumentStore(Protocol):
    """Where documents are remembered; it may forget any of them at any time."""

    async def get(self, digest: str) -> str | None: ...

    async def put(self, digest: str, text: str) -> None: ...


class MemoryStore:
    """Remembers the documents used last: at most so many, and so many bytes."""

    def __init__(self, most: int = 1_000, most_bytes: int = 16 * 1_024 * 1_024) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._bytes = 0

    async def get(self, digest: str) -> str | None:
        text = self._texts.get(digest)
        if text is not None:
            self._texts.move_to_end(digest)
        return text

    async def put(self, digest: str, text: str) -> None:
        self._bytes += getsizeof(text) - (getsizeof(self._texts.pop(digest)) if digest in self._texts else 0)
        self._texts[digest] = text
        while len(self._texts) > self._most or self._bytes > self._most_bytes:
            self._bytes -= getsizeof(self._texts.popitem(last=False)[1])


class PersistedDocuments:
    """Which text a request means. Both transports ask it, `text_of` before and `remember` after the text has proved
    to be valid.

    With `trusted`, by hash, only those documents run. Without, any text does, and those that a client sends together
    with their hash are remembered in `store`; without a store none is, and clients are told so.
    """

    def __init__(self, store: DocumentStore | None = None, trusted: Mapping[str, str] | None = None) -> None:
        self._store = store
        self._trusted = None if trusted is None else dict(trusted)
        self._trusted_texts = frozenset((trusted or {}).values())

    async def text_of(
        self, query: str | None, document_id: str | None = None, extensions: Mapping[str, Any] | None = None
    ) -> str:
        """The text to execute. Raises a coded `GraphQLError` if there is none, or if it may not be executed."""
        persisted = extensions.get("persistedQuery") if extensions else None
        if self._trusted is not None:
            return self._trusted_text(self._trusted, query, document_id, persisted)
        if persisted is None and query:
            return query
        if persisted is None and document_id is None:
            raise _error("BAD_REQUEST", "There is no query in the request")
        digest = _digest_of_id(document_id) if persisted is None else _digest_of(persisted)
        if self._store is None and not query:
            raise _error("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported")
        if query:
            if hashlib.sha256(query.encode()).hexdigest() != digest:
                raise _error("PERSISTED_QUERY_HASH_MISMATCH", "The hash is not that of the query")
            return query
        text = await self._store.get(digest) if self._store is not None and digest is not None else None
        if text is None:
            raise _error("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
        return text

    def wants(self, query: str | None, extensions: Mapping[str, Any] | None) -> bool:
        """Whether this request, should its text prove to be valid, asks to be remembered."""
        if not query or not extensions or self._store is None or self._trusted is not None:
            return False
        return extensions.get("persistedQuery") is not None

    async def remember(self, query: str | None, extensions: Mapping[str, Any] | None) -> None:
        """To be called for a request whose document was parsed and validated: nothing else gets into the store."""
        store = self._store
        if store is None or not query or not extensions or not self.wants(query, extensions):
            return
        if len(query.encode()) <= LONGEST:
            await store.put(_digest_of(extensions["persistedQuery"]), query)

    def _trusted_text(
        self, trusted: Mapping[str, str], query: str | None, document_id: str | None, persisted: object
    ) -> str:
        if document_id is not None:
            found = trusted.get(document_id) or trusted.get(document_id.removeprefix(_PREFIX))
        elif persisted is not None:
            found = trusted.get(_digest_of(persisted))
        else:
            found = None
        if query and found is None and query in self._trusted_texts:
            found = query
        if found is None or (query and query != found):
            if not query and document_id is None and persisted is None:
                raise _error("BAD_REQUEST", "There is no query in the request")
            raise _error("DOCUMENT_NOT_TRUSTED", "Only documents that are known beforehand are executed")
        return found


def _digest_of(persisted: object) -> str:
    given = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    digest = given.removeprefix(_PREFIX) if isinstance(given, str) else ""  # GraphQL Code Generator's have it
    if not isinstance(persisted, dict) or not _DIGEST.fullmatch(digest):
        raise _error("BAD_REQUEST", "extensions.persistedQuery needs a sha256Hash of 64 hexadecimal digits")
    if persisted.get("version") != 1:
        raise _error("BAD_REQUEST", "extensions.persistedQuery must be of version 1")
    return digest


def _digest_of_id(document_id: str | None) -> str | None:
    digest = (document_id or "").removeprefix(_PREFIX)
    return digest if _DIGEST.fullmatch(digest) else None


def _error(code: str, message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code, "status": _STATUS.get(code, 400)})


def read_manifest(path: Path | str) -> dict[str, str]:
    """The trusted documents of a file, by id: `{"<hash>": "<text>"}` as GraphQL Code Generator and Relay write it, or
    a manifest of Apollo's. Raises `ValueError` that says what is wrong with it."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as failure:
        raise ValueError(f"{path} cannot be read: {failure.strerror}") from None
    except ValueError as failure:
        raise ValueError(f"{path} is not JSON: {failure}") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path} must hold an object")
    found = _of_apollo(path, content) if "format" in content else _of_pairs(path, content)
    if not found:
        raise ValueError(f"{path} holds no documents")
    return found


def _of_apollo(path: Path | str, content: dict[str, Any]) -> dict[str, str]:
    if content["format"] != "apollo-persisted-query-manifest" or content.get("version") != 1:
        raise ValueError(f"{path} must be of the format apollo-persisted-query-manifest, version 1")
    operations = content.get("operations")
    if not isinstance(operations, list):
        raise ValueError(f"{path} must hold a list of operations")
    pairs: dict[str, Any] = {}
    for number, operation in enumerate(operations):
        if not isinstance(operation, dict) or not isinstance(operation.get("id"), str):
            raise ValueError(f"{path}: operation {number} has no id")
        pairs[operation["id"]] = operation.get("body")
    return _of_pairs(path, pairs)


def _of_pairs(path: Path | str, pairs: dict[str, Any]) -> dict[str, str]:
    for id, text in pairs.items():
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"{path}: {id} has no text")
    return {id.removeprefix(_PREFIX): text for id, text in pairs.items()}
