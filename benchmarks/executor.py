"""What it costs to execute an operation and to encode its result: a long list, and three levels of relations."""

import gc
import json
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Protocol

import orjson

from app.wire.encoding import encode_result
from benchmarks.common import Bar, Candidate, NoFigure, Sheet, comparison, in_turns, run_alone, say
from benchmarks.graphs import (
    LEVELS,
    LIST,
    QUERIES,
    Context,
    Data,
    graph_file,
    is_right,
    make_data,
    our_schema,
    stock_schema,
)
from benchmarks.nodes import FOLDER, child, line_of, versions_of

ROUNDS = 9
SECONDS_OF_A_TURN = 0.4
SECONDS_OF_A_WORKLOAD = 60.0
SECONDS_FOR_ALL = 150.0

OURS = "Rapport"
STOCK, STOCK_ORJSON = "Strawberry + json.dumps", "Strawberry + orjson"
JIT, JS_16, JS_17 = "graphql-jit + stringify", "graphql-js 16 + stringify", "graphql-js 17 + stringify"
TITLES = {
    LIST: "Executing and encoding 200 slots with 6 fields",
    LEVELS: "Executing and encoding 20 coaches, 10 sessions of each, and the member of each",
}
PYTHON_PACKAGES = ("graphql-core", "strawberry-graphql", "msgspec", "orjson", "uvloop")
NODE_PACKAGES = ("graphql-jit", "graphql", "graphql-17", "dataloader")
BARS = {LIST: Bar(OURS, JIT, at_most=0.6), LEVELS: Bar(OURS, JIT, at_most=1.0)}


class Engine(Protocol):
    """Whatever executes and encodes."""

    async def answer(self, workload: str) -> str | bytes:
        """Of one execution."""

    async def seconds(self, workload: str, times: int) -> float:
        """That so many executions took, one after the other."""


class InThisProcess:
    """A schema of Strawberry's kind and a way to encode what it answers."""

    def __init__(self, schema: Any, encode: Callable[[Any], str | bytes], data: Data) -> None:
        self.schema, self.encode, self.data = schema, encode, data

    def work(self, workload: str) -> Callable[[], Awaitable[str | bytes]]:
        query, execute, encode, data = QUERIES[workload], self.schema.execute, self.encode, self.data

        async def once() -> str | bytes:
            return encode(await execute(query, context_value=Context(data)))

        return once

    async def answer(self, workload: str) -> str | bytes:
        return await self.work(workload)()

    async def seconds(self, workload: str, times: int) -> float:
        work = self.work(workload)
        gc.collect()  # nobody pays for what another one left
        began = time.perf_counter()
        for _ in range(times):
            await work()
        return time.perf_counter() - began


class InNode:
    """A process of its own for each, so that what it has compiled fits its own work."""

    def __init__(self, process: Process) -> None:
        self.process = process

    async def ask(self, workload: str, times: int) -> dict[str, Any]:
        if self.process.stdin is None:
            raise NoFigure("its process cannot be asked")
        self.process.stdin.write(orjson.dumps({"workload": workload, "times": times}) + b"\n")
        reply: dict[str, Any] = orjson.loads(await line_of(self.process))
        return reply

    async def answer(self, workload: str) -> str:
        return str((await self.ask(workload, 1))["answer"])

    async def seconds(self, workload: str, times: int) -> float:
        return float((await self.ask(workload, times))["milliseconds"]) * times / 1_000


async def measure() -> tuple[str, list[Sheet]]:
    versions = await versions_of(PYTHON_PACKAGES, NODE_PACKAGES)
    data = make_data()
    engines: dict[str, Engine] = {
        OURS: InThisProcess(our_schema(), encode_result, data),
        STOCK: InThisProcess(stock_schema(), lambda result: json.dumps({"data": result.data}), data),
        STOCK_ORJSON: InThisProcess(stock_schema(), lambda result: orjson.dumps({"data": result.data}), data),
    }
    async with AsyncExitStack() as stack:
        graph = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rapport-benchmark-"))) / "graph.json"
        graph.write_bytes(graph_file(data))
        for name in (JIT, JS_16, JS_17):
            engines[name] = InNode(await stack.enter_async_context(child("node", FOLDER / "executor.js", graph, name)))
        return versions, [await sheet(workload, engines, data) for workload in (LIST, LEVELS)]


async def sheet(workload: str, engines: dict[str, Engine], data: Data) -> Sheet:
    failed: dict[str, str] = {}
    candidates: dict[str, Candidate] = {}
    sizes: list[str] = []
    for name, engine in engines.items():
        try:
            size = await checked(engine, workload, data)
            candidates[name] = await prepared(engine, workload)
        except NoFigure as failure:
            failed[name] = str(failure)
        else:
            sizes.append(f"{name} {size / 1_000:.1f} kB")
    say.print(TITLES[workload], style="bold")
    figures = await in_turns(candidates, ROUNDS, seconds=SECONDS_OF_A_WORKLOAD)
    figures.failed |= failed
    table = comparison(TITLES[workload], "µs", figures, JIT)
    table.notes += [
        BARS[workload].said(figures),
        f"Each turn runs for about {SECONDS_OF_A_TURN} s, its figure is the mean of its executions, garbage collection "
        f"and the making of loaders included. Answers were checked: {', '.join(sizes)}.",
    ]
    return table


async def checked(engine: Engine, workload: str, data: Data) -> int:
    """The size of its answer. A wrong answer has no figure."""
    answer = await engine.answer(workload)
    if not is_right(workload, data, answer):
        raise NoFigure(f"its answer is wrong: {answer[:200]!r}")
    return len(answer)


async def prepared(engine: Engine, workload: str) -> Candidate:
    """Warm, and with as many executions in a turn as fill it."""
    took = await engine.seconds(workload, 20) / 20
    warm = max(20, round(SECONDS_OF_A_TURN / took))
    took = await engine.seconds(workload, warm) / warm
    times = max(5, round(SECONDS_OF_A_TURN / took))

    async def microseconds() -> float:
        return await engine.seconds(workload, times) / times * 1_000_000

    return microseconds


if __name__ == "__main__":
    run_alone("executor", measure, seconds=SECONDS_FOR_ALL)
