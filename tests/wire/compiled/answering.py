"""Executing one document in a world of its own, and comparing what two schemas answer."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from app.wire.encoding import encode_result
from tests.wire.compiled.batches import Context
from tests.wire.compiled.documents import Asked
from tests.wire.compiled.roots import make_world
from tests.wire.compiled.world import Fault

# Where an object lies, and how many keys of how many fields met in one call of a loader.
_OF_THE_MOMENT = re.compile(rb" at 0x[0-9a-f]+|(?<=dataloader, expected: )\d+, received: \d+")


@dataclass
class Answer:
    body: bytes
    journal: list[str]
    calls: list[tuple[str, list[Any]]] = field(compare=False)
    result: Any = field(compare=False)

    @property
    def errors(self) -> list[Any]:
        return getattr(self.result, "errors", None) or []


async def answer(schema: Any, asked: Asked, faults: Sequence[Fault] = (), *, who: str | None = "ada") -> Answer:
    """What a client would get, or how the attempt to answer failed."""
    context = Context(make_world(faults, many=200 if "many" in asked.text else 0), who)
    result, running = None, asyncio.all_tasks()
    try:
        result = await schema.execute(
            asked.text,
            variable_values=dict(asked.variables),
            context_value=context,
            operation_name=asked.operation_name,
        )
        body = _OF_THE_MOMENT.sub(b"", encode_result(result))
    except Exception as failure:
        body = f"{type(failure).__name__}: {failure}".encode()
    # What was begun and is of no use any more settles in the background.
    if left := asyncio.all_tasks() - running:
        await asyncio.wait(left)
    return Answer(body, context.world.journal, context.calls, result)


def same(one: Answer, other: Answer) -> bool:
    """Byte for byte the same, up to what nothing promises: in which order root fields that wait come to their end.

    So if several root fields failed, their errors are compared without their order. And if one of them must not be
    null, all data is gone at that moment, and whether another's error was there by then is a matter of time: then the
    errors that both report must be the same, the first failing of what must not be null among them.
    """
    if one == other:
        return True
    if one.journal != other.journal or len(_failed(one) | _failed(other)) < 2:
        return False
    first, second = json.loads(one.body), json.loads(other.body)
    errors, others = _sorted(first), _sorted(second)
    if first["data"] is None and second["data"] is None:
        return errors <= others or others <= errors
    return errors == others and json.dumps(first["data"]) == json.dumps(second["data"])


def _failed(answered: Answer) -> set[Any]:
    return {error.path[0] for error in answered.errors if error.path}


def _sorted(answered: dict[str, Any]) -> Counter[str]:
    return Counter(json.dumps(error) for error in answered.get("errors", []))
