"""Ranks: there is always one between two others, and many spread evenly."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models.sessions.plans import LONGEST_RANK, MOST_ITEMS
from app.services.sessions.ranks import between, evenly

FRACTION = re.compile(r"[0-9a-z]*[1-9a-z]")
RANK = st.from_regex(FRACTION, fullmatch=True)


@given(RANK, RANK)
def test_between_any_two_ranks_there_is_another(one: str, other: str) -> None:
    low, high = sorted((one, other))
    if low != high:
        middle = between(low, high)

        assert low < middle < high
        assert FRACTION.fullmatch(middle)


@given(RANK)
def test_before_and_behind_any_rank_there_is_another(rank: str) -> None:
    before, behind = between(None, rank), between(rank, None)

    assert before < rank < behind
    assert FRACTION.fullmatch(before)
    assert FRACTION.fullmatch(behind)


@given(st.lists(st.integers(min_value=0), max_size=200))
def test_a_list_stays_in_order_wherever_one_is_put_in(places: list[int]) -> None:
    ranks: list[str] = []
    for number in places:
        place = number % (len(ranks) + 1)
        low = ranks[place - 1] if place else None
        ranks.insert(place, between(low, ranks[place] if place < len(ranks) else None))

    assert ranks == sorted(set(ranks))


@pytest.mark.parametrize(
    ("low", "high", "middle"),
    [(None, None, "i"), ("a", "c", "b"), ("a", "b", "ai"), ("az", "b", "azi"), (None, "1", "0i"), ("a", "a1", "a0i")],
)
def test_a_rank_between_is_about_in_the_middle_and_as_short_as_can_be(
    low: str | None, high: str | None, middle: str
) -> None:
    assert between(low, high) == middle


@pytest.mark.parametrize("count", [0, 1, 2, 35, 36, MOST_ITEMS, 2_000])
def test_many_are_spread_evenly(count: int) -> None:
    ranks = evenly(count)

    assert len(ranks) == count
    assert ranks == sorted(set(ranks))
    assert all(FRACTION.fullmatch(rank) for rank in ranks)


@pytest.mark.parametrize("place", [0, 1])
def test_a_gap_takes_hundreds_of_moves_before_ranks_are_too_long(place: int) -> None:
    low, high = evenly(2)
    moves = 0
    while len(middle := between(low, high)) <= LONGEST_RANK:
        low, high = (middle, high) if place else (low, middle)
        moves += 1

    assert moves > 200
