"""How many requests one server process answers in a second, beside other GraphQL servers on the same core."""

import sys
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median

from benchmarks.common import Bar, Candidate, Figures, NoFigure, Sheet, comparison, in_turns, run_alone, say, short
from benchmarks.graphs import LIST, QUERIES, SMALLEST, Data, graph_file, is_right, make_data
from benchmarks.load import CONNECTIONS, CORES, Rate, Server, answer_of, on_core, post
from benchmarks.nodes import FOLDER, child, line_of, versions_of

ROUNDS = 5
SECONDS_OF_A_TURN = 1.5
WARM_PYTHON, WARM_NODE = 0.5, 3.0  # a server in Node that was asked for 1.5 s reaches half of its rate
WARM_BEFORE_A_TURN = 0.15
SECONDS_OF_A_WORKLOAD = 70.0
SECONDS_FOR_ALL = 240.0
TOO_BUSY = 0.9

OURS, STOCK, LIMIT = "Rapport's view", "Strawberry's ASGI view", "raw ASGI, constant bytes"
YOGA, YOGA_JIT = "Yoga", "Yoga + jit"
MERCURIUS, MERCURIUS_JIT = "Mercurius", "Mercurius + jit"
APOLLO = "Apollo Server"
IN_PYTHON = {OURS: "ours", STOCK: "strawberry", LIMIT: "constant"}
IN_NODE = (YOGA, YOGA_JIT, MERCURIUS, MERCURIUS_JIT, APOLLO)
PYTHON_PACKAGES = ("strawberry-graphql", "graphql-core", "uvicorn", "uvloop", "httptools", "msgspec")
NODE_PACKAGES = (
    "graphql",
    "graphql-yoga",
    "@envelop/graphql-jit",
    "mercurius",
    "fastify",
    "graphql-jit",
    "@apollo/server",
)
TITLES = {LIST: "200 slots with 6 fields over HTTP", SMALLEST: f"`{QUERIES[SMALLEST]}` over HTTP"}
BARS = {
    LIST: (Bar(OURS, YOGA, at_least=4.0), Bar(OURS, MERCURIUS_JIT, at_least=1.0)),
    SMALLEST: (Bar(OURS, YOGA, at_least=2.0),),
}


async def measure() -> tuple[str, list[Sheet]]:
    versions = await versions_of(PYTHON_PACKAGES, NODE_PACKAGES)
    data = make_data()
    async with AsyncExitStack() as stack:
        graph = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rapport-benchmark-"))) / "graph.json"
        graph.write_bytes(graph_file(data))
        with on_core(0):
            servers = await started(stack, graph)
        with on_core(1):
            return versions, [await sheet(workload, servers, data) for workload in (LIST, SMALLEST)]


async def started(stack: AsyncExitStack, graph: Path) -> dict[str, Server]:
    """Every server, each in a process of its own; they idle while they are not asked."""
    commands: dict[str, tuple[str | Path, ...]] = {
        name: (sys.executable, "-m", "benchmarks.served", app) for name, app in IN_PYTHON.items()
    }
    commands |= {name: ("node", FOLDER / "server.js", graph, name) for name in IN_NODE}
    processes = {name: await stack.enter_async_context(child(*command)) for name, command in commands.items()}
    return {name: Server(int(await line_of(process)), process.pid) for name, process in processes.items()}


async def sheet(workload: str, servers: dict[str, Server], data: Data) -> Sheet:
    request = post(QUERIES[workload])
    rates: dict[str, list[Rate]] = {name: [] for name in servers}
    failed: dict[str, str] = {}
    candidates: dict[str, Candidate] = {}
    say.print(TITLES[workload], style="bold")
    for name, server in servers.items():
        try:
            length = await checked(server.port, request, workload, data)
            await Rate.measured(server, request, length, warm=0, seconds=WARM_NODE if name in IN_NODE else WARM_PYTHON)
        except (NoFigure, OSError) as failure:
            failed[name] = str(failure)
        else:
            candidates[name] = turn_of(server, request, length, rates[name].append)
    figures = await in_turns(candidates, ROUNDS, seconds=SECONDS_OF_A_WORKLOAD)
    figures.failed |= failed
    table = comparison(TITLES[workload], "requests a second", figures, YOGA)
    with_processors(table, rates)
    table.notes += [f"{bar.said(figures)} {in_processor_time(bar, figures, rates)}".strip() for bar in BARS[workload]]
    table.notes.append(setting())
    return table


async def checked(port: int, request: bytes, workload: str, data: Data) -> int:
    """The length of its answer. A wrong answer has no figure."""
    answer = await answer_of(port, request)
    if not is_right(workload, data, answer):
        raise NoFigure(f"its answer is wrong: {answer[:200]!r}")
    return len(answer)


def turn_of(server: Server, request: bytes, length: int, note: Callable[[Rate], None]) -> Candidate:
    async def per_second() -> float:
        rate = await Rate.measured(server, request, length, warm=WARM_BEFORE_A_TURN, seconds=SECONDS_OF_A_TURN)
        note(rate)
        return rate.per_second

    return per_second


def with_processors(table: Sheet, rates: dict[str, list[Rate]]) -> None:
    """Adds what one second of the server's processor time answers, and how busy the client was."""
    table.columns = [*table.columns, "a processor second", "client busy"]
    limited = False
    for number, row in enumerate(table.rows):
        busy = median(rate.client_busy for rate in rates[row[0]])
        of_processor = median(rate.per_processor_second for rate in rates[row[0]])
        table.rows[number] = (*row, short(of_processor), f"{busy:.0%}{' !' if busy > TOO_BUSY else ''}")
        limited = limited or busy > TOO_BUSY
    table.notes.append(
        "`a processor second`: requests answered in a second of the server's processor time, whatever else ran beside."
    )
    if limited:
        table.notes.append("`!`: the client was the limit, or nearly; the server may be faster than this figure.")


def in_processor_time(bar: Bar, figures: Figures, rates: dict[str, list[Rate]]) -> str:
    """The same ratio of what a second of processor time answers: it says more where others used the cores too."""
    if not {bar.candidate, bar.baseline} <= figures.rounds.keys():
        return ""
    pairs = zip(rates[bar.candidate], rates[bar.baseline], strict=True)
    ratio = median(ours.per_processor_second / theirs.per_processor_second for ours, theirs in pairs)
    return f"By processor time {ratio:.2f}."


def setting() -> str:
    cores = "one core for the servers, another for the client" if len(CORES) > 1 else "no core of their own"
    return (
        f"One process of each server, {CONNECTIONS} connections with one request outstanding on each, {cores}; "
        f"turns of {SECONDS_OF_A_TURN} s. Each answer's status and length were checked, and the first one's content. "
        f"No server logs requests; {OURS} and {STOCK} run under uvicorn with uvloop and httptools, without middleware."
    )


if __name__ == "__main__":
    run_alone("http", measure, seconds=SECONDS_FOR_ALL)
