"""How answers become scores from 0 to 1, and scores of questions those of a dimension or an element: arithmetic alone.

Each function has its rule in words in docs/assessments.md.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final, TypeVar

Key = TypeVar("Key", bound=Hashable)

HUNDREDTH: Final = Decimal("0.01")
_NONE, _ALL = Decimal(0), Decimal(1)


def rounded(score: Decimal) -> Decimal:
    return score.quantize(HUNDREDTH, ROUND_HALF_EVEN)


def scale_score(value: int, low: int, high: int, *, is_reversed: bool) -> Decimal:
    """Where the value lies between the ends; from the other side on a reversed scale."""
    steps = high - value if is_reversed else value - low
    return rounded(Decimal(steps) / Decimal(high - low))


def choices_score(points: Mapping[str, Decimal], chosen: Sequence[str]) -> Decimal:
    """The points of what was chosen, added up, but no less than 0 and no more than 1."""
    total = sum((points[code] for code in chosen), _NONE)
    return rounded(min(max(total, _NONE), _ALL))


def weighted_means(scored: Iterable[tuple[Key, Decimal, Decimal]]) -> dict[Key, Decimal]:
    """Of (what it measures, weight, score): the mean of each, every score counted as often as its weight says."""
    weights: dict[Key, Decimal] = {}
    sums: dict[Key, Decimal] = {}
    for key, weight, score in scored:
        weights[key] = weights.get(key, _NONE) + weight
        sums[key] = sums.get(key, _NONE) + weight * score
    return {key: sums[key] / weights[key] for key in weights}
