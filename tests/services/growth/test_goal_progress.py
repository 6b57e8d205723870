"""How far a goal has come: the arithmetic of progress, of rising and of falling targets."""

from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.services.growth.goal_progress import has_come_to, is_on_the_way, progress_of

VALUES = st.decimals(min_value=-(10**10) + 1, max_value=10**10 - 1, places=4)


@pytest.mark.parametrize(
    ("baseline", "target", "current", "progress"),
    [
        ("0", "10", "0", "0.0"),
        ("0", "10", "2.5", "25.0"),
        ("0", "3", "1", "33.3"),
        ("0", "3", "2", "66.6"),
        ("0", "10", "10", "100.0"),
        ("0", "10", "12", "100.0"),
        ("0", "10", "-4", "0.0"),
        ("90", "80", "90", "0.0"),
        ("90", "80", "86", "40.0"),
        ("90", "80", "80", "100.0"),
        ("90", "80", "79.5", "100.0"),
        ("90", "80", "95", "0.0"),
        ("-5", "5", "0", "50.0"),
        ("0", "1000", "999.9999", "99.9"),
        ("-9999999999.9999", "9999999999.9999", "9999999999.9998", "99.9"),
    ],
)
def test_progress_is_the_part_of_the_way_that_is_done(baseline: str, target: str, current: str, progress: str) -> None:
    assert str(progress_of(Decimal(baseline), Decimal(target), Decimal(current))) == progress


@settings(max_examples=60, deadline=None)
@given(VALUES, VALUES, VALUES, VALUES)
def test_progress_is_bounded_full_only_at_the_target_and_grows_on_the_way(
    baseline: Decimal, target: Decimal, current: Decimal, other: Decimal
) -> None:
    assume(baseline != target)
    progress, mirrored = progress_of(baseline, target, current), progress_of(-baseline, -target, -current)

    assert 0 <= progress <= 100
    assert progress == mirrored, "up is as down"
    assert (progress == 100) == has_come_to(target, baseline=baseline, target=target, current=current)
    if has_come_to(current, baseline=baseline, target=target, current=other):
        assert progress_of(baseline, target, other) >= progress


def test_a_value_is_on_the_way_behind_the_baseline_as_far_as_the_target() -> None:
    def among(baseline: int, target: int) -> list[int]:
        return [
            value
            for value in range(-1, 5)
            if is_on_the_way(Decimal(value), baseline=Decimal(baseline), target=Decimal(target))
        ]

    assert among(0, 3) == [1, 2, 3]
    assert among(3, 0) == [0, 1, 2]
