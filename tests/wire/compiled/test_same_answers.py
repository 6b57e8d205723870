"""The compiled way and graphql-core's own answer every document with the same bytes, whatever is wrong with the data.

SAME_ANSWERS_EXAMPLES says how many documents are generated, SAME_ANSWERS_SEED which: try others after a change.
"""

import asyncio
import gc
import json
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, seed, settings
from hypothesis import strategies as st

from app.wire.compiled.coverage import ways
from app.wire.encoding import plain_values
from tests.wire.compiled.answering import Answer, answer, same
from tests.wire.compiled.documents import Asked, documents, faults
from tests.wire.compiled.examples import EXAMPLES, ORDERED_BY_TIME, SPOILT, camel
from tests.wire.compiled.leaves import LEAVES
from tests.wire.compiled.roots import Stock, Wire, schema_of
from tests.wire.compiled.world import KINDS, Fault

EXAMPLE_COUNT = int(os.environ.get("SAME_ANSWERS_EXAMPLES", "150"))
SEED = int(os.environ.get("SAME_ANSWERS_SEED", "20261121"))

STOCK, WIRE = schema_of(Stock), schema_of(Wire)

# What a client may see of the compiled way having stepped back although nothing failed.
RIGHTLY_GENERAL = ("introspection", "the type of a value is found asynchronously")


class Went:
    """Notes which way the last execution went."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.steps_back: list[str] = []
        self.planned = False

    def __call__(self, prepared: Any, run: Any, plan: Any) -> None:
        self.planned, self.steps_back = plan is not None, [each.partition(": ")[2] for each in run.fallbacks]


@pytest.fixture
def went() -> Iterator[Went]:
    WIRE.executed = noting = Went()
    yield noting
    WIRE.executed = None


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


async def both(asked: Asked, wrong: list[Fault], who: str | None = "ada") -> tuple[Answer, Answer]:
    return await answer(STOCK, asked, wrong, who=who), await answer(WIRE, asked, wrong, who=who)


# graphql-core itself forgets coroutines that it has not begun when an error makes it cancel their siblings.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_generated_documents_are_answered_the_same_both_ways(loop: asyncio.Runner, went: Went) -> None:
    @seed(SEED)
    @settings(max_examples=EXAMPLE_COUNT, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def answers_are_the_same(data: st.DataObject) -> None:
        note(f"SAME_ANSWERS_SEED={SEED}")
        asked = data.draw(documents(STOCK._schema), label="document")
        wrong = data.draw(faults(asked), label="wrong values")
        who = data.draw(st.sampled_from(["ada", "ada", None]), label="who asks")

        stock, wire = loop.run(both(asked, wrong, who))

        assert same(stock, wire), f"{stock.body!r}\n{wire.body!r}\n{went.steps_back}"
        if stock.errors or not stock.body.startswith(b"{"):
            return
        assert plain(wire) == plain(stock)
        went.counts["answered"] += 1
        went.counts["compiled"] += went.planned and not went.steps_back
        if not wrong:
            unexplained = [why for why in went.steps_back if why not in RIGHTLY_GENERAL]
            assert went.planned
            assert not unexplained or "where" in asked.text  # which looks at its path

    answers_are_the_same()
    gc.collect()

    assert went.counts["compiled"] > went.counts["answered"] / 2, went.counts


def plain(answered: Answer) -> str:
    """The data as whoever does not write it as bytes gets it."""
    return json.dumps(plain_values(answered.result.data))


@pytest.mark.parametrize("name", EXAMPLES)
async def test_examples_are_answered_the_same_both_ways(name: str) -> None:
    text, variables, wrong = EXAMPLES[name]

    stock, wire = await both(Asked(text, variables, None, ()), wrong)

    assert same(stock, wire), f"{stock.body!r}\n{wire.body!r}"
    assert name in ORDERED_BY_TIME or wire.body == stock.body


@pytest.mark.parametrize("kind", KINDS)
async def test_a_wrong_value_is_answered_the_same_wherever_it_stands(kind: str) -> None:
    for type_name, attributes, text in SPOILT:
        wrong = [Fault(type_name, attribute, kind, 3) for attribute in attributes]

        stock, wire = await both(Asked(text, {}, None, ()), wrong)

        assert same(stock, wire), f"{text}\n{stock.body!r}\n{wire.body!r}"


async def test_everything_that_can_be_compiled_is(went: Went) -> None:
    leaves = " ".join(["index", *map(camel, LEAVES), *(camel(f"maybe_{name}") for name in LEAVES), "words moods"])
    asked = Asked(f"{{ many {{ {leaves} }} boxes {{ title owner {{ name boxes {{ title }} }} }} }}", {}, None, ())

    stock, wire = await both(asked, [])

    assert wire.body == stock.body
    assert (went.planned, went.steps_back) == (True, [])
    plan = next(iter(WIRE.documents.get(asked.text, None).plans.values()))
    assert not [path for path, way in ways(plan) if way not in {"read", "called", "by column"}]


async def test_without_compiling_the_answers_are_the_same_too() -> None:
    general = schema_of(Wire, compiled=False)
    for text, variables, wrong in EXAMPLES.values():
        asked = Asked(text, variables, None, ())

        assert (await answer(general, asked, wrong)).body == (await answer(STOCK, asked, wrong)).body
