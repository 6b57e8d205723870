"""Shares that sum to exactly one, and how even they are. Pure: no database, no names of elements."""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Final, TypeVar

Part = TypeVar("Part")

THOUSANDTHS: Final = 1_000
_THOUSANDTH: Final = Decimal("0.001")


def shares_of(raw: Mapping[Part, Decimal]) -> dict[Part, Decimal]:
    """Each part's share of the whole in thousandths; those that rounding leaves over go to the largest remainders.

    Where all are nothing, all are alike. A tie is decided by the order of the parts. Raises `ValueError` for what is no
    amount.
    """
    if any(not amount.is_finite() or amount < 0 for amount in raw.values()):
        raise ValueError("an amount is a number that is not negative")
    with localcontext() as exact:
        exact.prec = 60
        whole = sum(raw.values(), Decimal(0))
        amounts = raw if whole else dict.fromkeys(raw, Decimal(1))
        exactly = {part: amount * THOUSANDTHS / (whole or len(raw)) for part, amount in amounts.items()}
        rounded = {part: int(share) for part, share in exactly.items()}
        by_remainder = sorted(raw, key=lambda part: rounded[part] - exactly[part])
    for part in by_remainder[: THOUSANDTHS - sum(rounded.values())]:
        rounded[part] += 1
    return {part: Decimal(share).scaleb(-3) for part, share in rounded.items()}


def leader_of(shares: Mapping[Part, Decimal], from_share: Decimal) -> Part | None:
    """The largest share's part, if it is large enough; of several the first."""
    leader = max(shares, key=lambda part: shares[part])
    return leader if shares[leader] >= from_share else None


def evenness_of(shares: Iterable[Decimal]) -> Decimal:
    """Pielou's: the entropy of the shares over that of equal ones, from 0 (one has all) to 1 (all are alike)."""
    found = list(shares)
    with localcontext() as exact:
        exact.prec = 28
        entropy = -sum((share * share.ln() for share in found if share), Decimal(0))
        return (entropy / Decimal(len(found)).ln()).quantize(_THOUSANDTH, ROUND_HALF_EVEN)
