"""The arithmetic of coherence, exactly as it is documented; in decimal numbers, with nothing read or written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Final

_HUNDREDTHS, _TENTHS, _FOUR = Decimal("0.01"), Decimal("0.1"), Decimal("0.0001")
_HIGH, _LOW = Decimal("0.7"), Decimal("0.4")
HIGHEST_TOTAL: Final = Decimal("3.5")

FEWEST_EARLIER: Final = 6
"""So many scores say how much a member's usually vary."""
MOST_EARLIER: Final = 12
"""Older ones are of another time."""
NATURAL_LIMIT: Final = Decimal("2.66")
"""Of a chart of individual values: three standard deviations, estimated by the mean moving range (3 / 1.128)."""
RANGE_LIMIT: Final = Decimal("3.267")
"""Of the chart of their moving ranges: no step is usually larger."""

TREND_OVER: Final = 5
TREND_BY: Final = Decimal("0.10")


@dataclass(frozen=True, slots=True)
class Measured:
    """The four dimensions, 0…1, kept to hundredths as they are stored. Raises `ValueError` for anything else."""

    psi: Decimal
    rho: Decimal
    q: Decimal
    f: Decimal

    def __post_init__(self) -> None:
        for name in ("psi", "rho", "q", "f"):
            value = getattr(self, name)
            if not (isinstance(value, Decimal) and value.is_finite() and 0 <= value <= 1):
                raise ValueError(f"{name} is a decimal number from 0 to 1, and not {value!r}")
            object.__setattr__(self, name, rounded(value))


def rounded(value: Decimal, unit: Decimal = _HUNDREDTHS) -> Decimal:
    return value.quantize(unit, ROUND_HALF_EVEN)


def optimal_q(q: Decimal) -> Decimal:
    """Courage helps less the more of it there is."""
    return q / (Decimal("0.5") + q + q * q / 2)


def exact_total(measured: Measured) -> Decimal:
    psi = measured.psi
    return psi + measured.rho * psi + optimal_q(measured.q) + measured.f * psi


def total_of(measured: Measured) -> Decimal:
    """0…3.5, to hundredths."""
    return rounded(exact_total(measured))


def percentage_of(measured: Measured) -> Decimal:
    """Of four, from the total before it is rounded: at most 87.5."""
    return rounded(exact_total(measured) / 4 * 100, _TENTHS)


def velocity_of(current: Decimal, previous: Decimal, days: int) -> Decimal:
    """How much a total changes in a day; within one day nothing can be said, that is zero."""
    return rounded((current - previous) / days, _FOUR) if days > 0 else Decimal("0.0000")


def days_between(earlier: datetime, later: datetime) -> int:
    """Whole ones: 24 hours each."""
    return (later - earlier).days


def patterns_of(measured: Measured) -> list[str]:
    """All that hold, in the order in which the document names them; the first is the one that is stored."""
    psi, rho, q, f = measured.psi, measured.rho, measured.q, measured.f
    held = {
        "WISE_COWARD": rho > _HIGH and q < _LOW,
        "LONELY_HERO": psi > _HIGH and f < _LOW,
        "PEOPLE_PLEASER": psi < _LOW and f > _HIGH,
        "RECKLESS_REPEATER": rho < _LOW and q > _HIGH,
    }
    return [pattern for pattern, holds in held.items() if holds]


class Trend(StrEnum):
    RISING = "RISING"
    STEADY = "STEADY"
    FALLING = "FALLING"


def trend_of(latest: Decimal, before: Sequence[Decimal]) -> Trend | None:
    """How a total stands to the mean of the (up to five) totals before it: a tenth up or down is a trend."""
    if not before:
        return None
    recent = before[:TREND_OVER]
    away = latest - sum(recent, Decimal(0)) / len(recent)
    if abs(away) < TREND_BY:
        return Trend.STEADY
    return Trend.RISING if away > 0 else Trend.FALLING


@dataclass(frozen=True, slots=True)
class Rise:
    """What was `before`, what is `after`, and the `threshold` that only more than the usual ups and downs exceeds."""

    before: Decimal
    after: Decimal
    threshold: Decimal


def breakthrough_of(earlier: Sequence[Decimal], after: Decimal, least: Decimal) -> Rise | None:
    """Of one dimension, whose `earlier` values are in the order of time; None where it is no breakthrough.

    One exceeds both limits of a process-behaviour chart of the earlier ones, and the last of them by `least` or more.
    """
    recent = earlier[-MOST_EARLIER:]
    if len(recent) < FEWEST_EARLIER:
        return None
    threshold = threshold_of(recent)
    before = recent[-1]
    if after > threshold and after - before >= least:
        return Rise(before, after, threshold)
    return None


def threshold_of(values: Sequence[Decimal]) -> Decimal:
    """What the next of these values only exceeds if it is more than usual, and so is the step to it; to four digits."""
    ranges = [abs(later - earlier) for earlier, later in pairwise(values)]
    mean = sum(values, Decimal(0)) / len(values)
    usual = sum(ranges, Decimal(0)) / len(ranges)
    limit = max(mean + NATURAL_LIMIT * usual, values[-1] + RANGE_LIMIT * usual)
    return limit.quantize(_FOUR, ROUND_DOWN)
