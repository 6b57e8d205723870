"""Places in a list as fractions written in base 36: between any two there is a third, so that one item moves alone.

`"i"` is 18/36, `"0i"` 18/1296; none ends in a zero, so that none is written in two ways, and they sort as their
characters do. A gap is never used up, but each halving of it makes ranks longer: by a digit after five moves into the
same gap. When one would be longer than is stored, all items of the list are given new ranks by `evenly`.
"""

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
BASE = len(DIGITS)


def between(low: str | None, high: str | None) -> str:
    """A rank behind `low` and before `high`, about in the middle; None is the list's beginning, or its end."""
    low, made = low or "", ""
    while True:
        place = len(made)
        below = DIGITS.index(low[place]) if place < len(low) else 0
        above = BASE if high is None else DIGITS.index(high[place]) if place < len(high) else 0
        if above - below > 1:
            return made + DIGITS[(below + above) // 2]
        made += DIGITS[below]
        if above > below:  # from here on everything is before `high`
            high = None


def evenly(count: int) -> list[str]:
    """As many ranks, in order and with about the same room between each two."""
    width = 1
    while BASE**width <= count:
        width += 1
    width += 1
    return [_written((nth + 1) * BASE**width // (count + 1), width) for nth in range(count)]


def _written(number: int, width: int) -> str:
    digits = ""
    for _ in range(width):
        number, digit = divmod(number, BASE)
        digits = DIGITS[digit] + digits
    return digits.rstrip("0")
