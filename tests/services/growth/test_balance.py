"""Shares of elements: exactly one in all, as near to the truth as thousandths come, and an archetype by rule."""

import math
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.models.coherence.dimensions import Element
from app.models.growth import ARCHETYPE_OF, LEADS_FROM
from app.services.growth.balance import evenness_of, leader_of, shares_of

AMOUNTS = st.lists(st.decimals(0, 1_000_000, places=6), min_size=5, max_size=5)


def shares(*amounts: str) -> list[str]:
    return [str(share) for share in shares_of(dict(enumerate(map(Decimal, amounts)))).values()]


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        (("1", "1", "1", "1", "1"), ["0.200"] * 5),
        (("0", "0", "0", "0", "0"), ["0.200"] * 5),
        (("7", "0", "0", "0", "0"), ["1.000", "0.000", "0.000", "0.000", "0.000"]),
        (("1", "1", "1", "0", "0"), ["0.334", "0.333", "0.333", "0.000", "0.000"]),
        (("1", "1", "1", "1", "2"), ["0.167", "0.167", "0.167", "0.166", "0.333"]),
        (("1", "2", "3", "4", "5"), ["0.067", "0.133", "0.200", "0.267", "0.333"]),
        (("0.4", "0.25", "0.2", "0.1", "0.05"), ["0.400", "0.250", "0.200", "0.100", "0.050"]),
    ],
)
def test_what_rounding_leaves_over_goes_to_the_largest_remainders(
    amounts: tuple[str, ...], expected: list[str]
) -> None:
    assert shares(*amounts) == expected


@settings(max_examples=60)
@given(AMOUNTS)
def test_shares_are_one_in_all_and_none_is_a_thousandth_away(amounts: list[Decimal]) -> None:
    found = list(shares_of(dict(enumerate(amounts))).values())
    whole = sum(amounts)

    assert sum(found) == 1
    assert all(0 <= share <= 1 and share.as_tuple().exponent == -3 for share in found)
    if whole:
        exactly = [amount / whole for amount in amounts]
        assert all(abs(share - true) < Decimal("0.001") for share, true in zip(found, exactly, strict=True))
        ordered = sorted(zip(amounts, found, strict=True))
        assert [share for _, share in ordered] == sorted(found), "a larger amount never has the smaller share"
        assert shares_of(dict(enumerate(amount * 7 for amount in amounts))) == dict(enumerate(found)), (
            "the unit matters"
        )


@pytest.mark.parametrize("wrong", ["-0.1", "NaN", "Infinity"])
def test_an_amount_is_a_number_that_is_not_negative(wrong: str) -> None:
    with pytest.raises(ValueError, match="not negative"):
        shares("1", wrong)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (("0.200", "0.200", "0.200", "0.200", "0.200"), "1.000"),
        (("1.000", "0.000", "0.000", "0.000", "0.000"), "0.000"),
        (("0.500", "0.500", "0.000", "0.000", "0.000"), "0.431"),  # ln 2 / ln 5
        (("0.334", "0.333", "0.333", "0.000", "0.000"), "0.683"),  # ln 3 / ln 5
        (("0.400", "0.250", "0.200", "0.100", "0.050"), "0.879"),
    ],
)
def test_evenness_is_entropy_over_that_of_equal_shares(found: tuple[str, ...], expected: str) -> None:
    assert str(evenness_of(map(Decimal, found))) == expected
    by_floats = -sum(float(share) * math.log(float(share)) for share in found if float(share)) / math.log(5)
    assert float(expected) == pytest.approx(by_floats, abs=0.0006)


@pytest.mark.parametrize(
    ("found", "archetype"),
    [
        (("0.250", "0.190", "0.190", "0.190", "0.180"), "VISIONARY"),
        (("0.249", "0.191", "0.190", "0.190", "0.180"), None),
        (("0.100", "0.400", "0.400", "0.050", "0.050"), "EMPATH"),
        (("0.100", "0.100", "0.400", "0.400", "0.000"), "BUILDER"),
        (("0.100", "0.100", "0.100", "0.600", "0.100"), "MESSENGER"),
        (("0.000", "0.000", "0.000", "0.000", "1.000"), "SAGE"),
    ],
)
def test_the_first_of_the_largest_leads_with_a_quarter_or_more(found: tuple[str, ...], archetype: str | None) -> None:
    leader = leader_of(dict(zip(Element, map(Decimal, found), strict=True)), LEADS_FROM)

    assert (ARCHETYPE_OF[leader] if leader else None) == archetype
