"""What relations load by, some of it failing, and the context that loads it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from graphql import GraphQLError
from strawberry.dataloader import DataLoader

from tests.wire.compiled.world import World

Batch = Callable[[World, list[Any]], Awaitable[Sequence[Any]]]


class Context:
    """Of one execution. Counts the calls of each batch."""

    def __init__(self, world: World, who: str | None = "ada") -> None:
        self.world, self.who = world, who
        self.calls: list[tuple[str, list[Any]]] = []
        self._loaders: dict[Batch, DataLoader[Any, Any]] = {}

    def load(self, batch: Batch, key: Any) -> Awaitable[Any]:
        loader = self._loaders.get(batch)
        if loader is None:

            async def read(keys: list[Any]) -> Sequence[Any]:
                return await self.load_column(batch, keys)

            loader = self._loaders[batch] = DataLoader(load_fn=read, cache=False)
        return loader.load(key)

    async def load_column(self, batch: Batch, keys: list[Any]) -> Sequence[Any]:
        self.calls.append((batch.__name__, list(keys)))
        return await batch(self.world, list(keys))


def for_each(keys: list[Any], find: Callable[[Any], Any]) -> list[Any]:
    """A key that nothing can be found by fails alone, whichever keys it is asked with."""

    def found(key: Any) -> Any:
        try:
            return find(key)
        except Exception as failure:
            return failure

    return [found(key) for key in keys]


async def owners_by_id(world: World, keys: list[Any]) -> list[Any]:
    owners = {owner.__dict__.get("number"): owner for owner in world.objects["Owner"]}
    return for_each(keys, lambda key: owners.get(key))


async def boxes_by_owner(world: World, keys: list[Any]) -> list[Any]:
    await asyncio.sleep(0)
    boxes = world.objects["Box"]
    return for_each(keys, lambda key: [box for box in boxes if box.__dict__.get("owner_id") == key])


async def parts_of(world: World, keys: list[Any]) -> tuple[Any, ...]:
    boxes = world.objects["Box"]
    return tuple(for_each(keys, lambda key: [boxes[(key + step) % 7] for step in range(1, key % 3 + 1)]))


async def some_parts_of(world: World, keys: list[Any]) -> Any:
    boxes = world.objects["Box"]
    return for_each(keys, lambda key: None if key == 4 else [boxes[key % 7], None, boxes[0]])


async def named_by_id(world: World, keys: list[Any]) -> list[Any]:
    named = world.objects["Person"] + world.objects["Robot"] + world.objects["Ghost"]
    return for_each(keys, lambda key: named[key % len(named)])


async def visitors_of(world: World, keys: list[Any]) -> list[Any]:
    return for_each(keys, lambda key: world.root.beings[: key + 1])


async def weight_of(world: World, keys: list[Any]) -> list[Any]:
    return for_each(keys, lambda key: None if key == 2 else key * 100)


async def flaky(world: World, keys: list[Any]) -> list[Any]:
    def found(key: Any) -> Any:
        if key == 3:
            raise LookupError(f"no owner for {key}")
        if key == 5:
            raise GraphQLError("hidden", extensions={"code": "HIDDEN"})
        return world.objects["Owner"][key % 4]

    return for_each(keys, found)


async def broken(world: World, keys: list[Any]) -> list[Any]:
    await asyncio.sleep(0)
    raise ConnectionError("the batch failed")


async def short(world: World, keys: list[Any]) -> list[Any]:
    return [world.objects["Owner"][0] for _ in keys[1:]]
