"""How far a goal has come from its baseline to its target, which may lie above or below: arithmetic alone."""

from decimal import Decimal
from typing import Final

_TENTH: Final = Decimal("0.1")


def progress_of(baseline: Decimal, target: Decimal, current: Decimal) -> Decimal:
    """In per cent, 0.0 to 100.0, rounded down: 100.0 says that the target is reached, and nothing else does."""
    tenths = int(1000 * (current - baseline) // (target - baseline))
    return (Decimal(min(max(tenths, 0), 1000)) / 10).quantize(_TENTH)


def has_come_to(value: Decimal, *, baseline: Decimal, target: Decimal, current: Decimal) -> bool:
    """Whether the current value is at another one, or beyond it, in the direction of the target."""
    return current >= value if target > baseline else current <= value


def is_on_the_way(value: Decimal, *, baseline: Decimal, target: Decimal) -> bool:
    """Behind the baseline, and not behind the target."""
    return baseline < value <= target or target <= value < baseline
