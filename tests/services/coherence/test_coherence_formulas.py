"""The formulas of coherence, against numbers that were worked out by hand, and what holds of them for any numbers."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.coherence import formulas
from app.services.coherence.formulas import Measured, Rise, Trend

HUNDREDTHS = st.integers(0, 100).map(lambda hundredths: Decimal(hundredths) / 100)
MEASURED = st.builds(Measured, HUNDREDTHS, HUNDREDTHS, HUNDREDTHS, HUNDREDTHS)


def measured(psi: str, rho: str, q: str, f: str) -> Measured:
    return Measured(Decimal(psi), Decimal(rho), Decimal(q), Decimal(f))


@pytest.mark.parametrize(
    ("found", "total", "percentage"),
    [
        (measured("0", "0", "0", "0"), "0.00", "0.0"),
        (measured("1", "1", "1", "1"), "3.50", "87.5"),  # 1 + 1 + 1/2 + 1, the largest there is
        (measured("0", "1", "1", "1"), "0.50", "12.5"),  # without psi only courage counts
        (measured("0.8", "0.6", "0.5", "0.7"), "2.28", "57.1"),  # 0.8 + 0.48 + 0.5/1.125 + 0.56 = 2.28444…
        (measured("0.5", "0.5", "0.5", "0.5"), "1.44", "36.1"),  # 0.5 + 0.25 + 0.44444… + 0.25
        (measured("0.3", "0.9", "0.2", "0.1"), "0.88", "21.9"),  # 0.3 + 0.27 + 0.2/0.72 + 0.03 = 0.87777…
        # Halves go to the even neighbour, and the percentage is of what was not rounded before.
        (measured("0.5", "0.01", "0", "0"), "0.50", "12.6"),  # 0.505, 12.625
        (measured("0.5", "0.03", "0", "0"), "0.52", "12.9"),  # 0.515, 12.875
        (measured("0.2", "0.51", "0", "1"), "0.50", "12.6"),  # 0.502, 12.55
        (measured("0.2", "0.53", "0", "1"), "0.51", "12.6"),  # 0.506, 12.65
    ],
)
def test_total_and_percentage_are_those_of_the_document(found: Measured, total: str, percentage: str) -> None:
    assert (str(formulas.total_of(found)), str(formulas.percentage_of(found))) == (total, percentage)


@pytest.mark.parametrize(
    ("q", "helps"), [("0", "0"), ("0.5", "0.4444"), ("1", "0.5000"), ("0.25", "0.3200"), ("0.1", "0.1653")]
)
def test_courage_helps_less_the_more_of_it_there_is(q: str, helps: str) -> None:
    assert formulas.rounded(formulas.optimal_q(Decimal(q)), Decimal("0.0001")) == Decimal(helps)


@pytest.mark.parametrize(
    ("current", "previous", "days", "velocity"),
    [
        ("2.28", "1.44", 7, "0.1200"),
        ("1.44", "2.28", 9, "-0.0933"),
        ("3.50", "0.00", 1, "3.5000"),
        ("2.28", "1.44", 0, "0.0000"),
        ("1.00", "1.00", 30, "0.0000"),
        ("0.01", "0.00", 8, "0.0012"),  # 0.00125: to the even neighbour
    ],
)
def test_velocity_is_the_change_in_a_day(current: str, previous: str, days: int, velocity: str) -> None:
    assert str(formulas.velocity_of(Decimal(current), Decimal(previous), days)) == velocity


def test_days_are_whole_ones() -> None:
    monday = datetime(2026, 3, 2, 8, tzinfo=UTC)

    assert formulas.days_between(monday, monday.replace(day=3, hour=7)) == 0
    assert formulas.days_between(monday, monday.replace(day=4)) == 2


@pytest.mark.parametrize(
    ("found", "patterns"),
    [
        (measured("0.5", "0.71", "0.39", "0.5"), ["WISE_COWARD"]),
        (measured("0.5", "0.70", "0.39", "0.5"), []),
        (measured("0.5", "0.71", "0.40", "0.5"), []),
        (measured("0.71", "0.5", "0.5", "0.39"), ["LONELY_HERO"]),
        (measured("0.70", "0.5", "0.5", "0.39"), []),
        (measured("0.39", "0.5", "0.5", "0.71"), ["PEOPLE_PLEASER"]),
        (measured("0.40", "0.5", "0.5", "0.71"), []),
        (measured("0.5", "0.39", "0.71", "0.5"), ["RECKLESS_REPEATER"]),
        (measured("0.5", "0.40", "0.71", "0.5"), []),
        (measured("0.8", "0.8", "0.1", "0.1"), ["WISE_COWARD", "LONELY_HERO"]),
    ],
)
def test_patterns_begin_where_the_document_says(found: Measured, patterns: list[str]) -> None:
    assert formulas.patterns_of(found) == patterns


@pytest.mark.parametrize("wrong", ["-0.01", "1.01", "NaN", "Infinity"])
def test_what_is_no_measure_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="rho is a decimal number from 0 to 1"):
        measured("0.5", wrong, "0.5", "0.5")
    with pytest.raises(ValueError, match="psi"):
        Measured(0.5, Decimal(1), Decimal(1), Decimal(1))  # type: ignore[arg-type]


def test_what_is_measured_is_kept_to_hundredths() -> None:
    assert measured("0.125", "0.135", "0.5", "0.666666") == measured("0.12", "0.14", "0.5", "0.67")


@settings(max_examples=60, deadline=None)
@given(MEASURED, st.integers(1, 100))
def test_of_any_measure_the_total_lies_in_bounds_and_grows_with_psi(found: Measured, more: int) -> None:
    total, percentage = formulas.total_of(found), formulas.percentage_of(found)
    higher = min(found.psi + Decimal(more) / 100, Decimal(1))
    raised = formulas.total_of(Measured(higher, found.rho, found.q, found.f))

    assert 0 <= total <= formulas.HIGHEST_TOTAL
    assert 0 <= percentage <= Decimal("87.5")
    assert raised >= total + (higher - found.psi) - Decimal("0.01"), "psi counts at least for itself"
    assert abs(total - formulas.exact_total(found)) <= Decimal("0.005")
    assert abs(percentage - 25 * formulas.exact_total(found)) <= Decimal("0.05")
    assert (total.as_tuple().exponent, percentage.as_tuple().exponent) == (-2, -1)


@settings(max_examples=40, deadline=None)
@given(HUNDREDTHS, HUNDREDTHS, st.integers(1, 4000))
def test_velocity_back_is_velocity_forth_with_the_other_sign(one: Decimal, other: Decimal, days: int) -> None:
    there, back = formulas.velocity_of(one, other, days), formulas.velocity_of(other, one, days)

    assert there == -back
    assert abs(there) <= 1


def values(*hundredths: int) -> list[Decimal]:
    return [Decimal(each) / 100 for each in hundredths]


STEADY = values(40, 42, 40, 38, 40, 42)
TENTH = Decimal("0.10")


@pytest.mark.parametrize(
    ("earlier", "threshold"),
    [
        (STEADY, "0.4853"),  # the step: 0.42 + 3.267 · 0.02 = 0.48534; the value: 2.42 / 6 + 2.66 · 0.02 = 0.45653…
        (values(60, 60, 60, 60, 60, 30), "0.7096"),  # the value: 3.30 / 6 + 2.66 · 0.06 = 0.7096; the step: 0.49602
        (values(50, 50, 50), "0.5000"),
    ],
)
def test_the_threshold_is_the_larger_limit_of_a_process_behaviour_chart(earlier: list[Decimal], threshold: str) -> None:
    assert formulas.threshold_of(earlier) == Decimal(threshold)


def test_a_breakthrough_exceeds_what_is_usual() -> None:
    assert formulas.breakthrough_of(STEADY, Decimal("0.70"), TENTH) == Rise(
        Decimal("0.42"), Decimal("0.70"), Decimal("0.4853")
    )


@pytest.mark.parametrize(
    ("earlier", "after", "why"),
    [
        (STEADY[:5], "0.70", "five scores do not say what is usual"),
        (STEADY, "0.51", "less than a tenth more than the last is hardly felt"),
        (values(20, 60, 20, 60, 20, 60), "0.90", "so much goes up and down each time"),
        (values(60, 60, 60, 60, 60, 60, 60, 60, 30), "0.60", "only what was lost has come back"),
        (values(10, 20, 30, 40, 50, 60, 70, 80), "0.90", "it climbs as it did all the time"),
        (values(40, 40, 40, 40, 40, 40, 80), "0.80", "it stays where the breakthrough has led"),
    ],
)
def test_what_is_no_breakthrough(earlier: list[Decimal], after: str, why: str) -> None:
    assert formulas.breakthrough_of(earlier, Decimal(after), TENTH) is None, why


def test_older_scores_than_the_last_twelve_do_not_count() -> None:
    wild = values(0, 100) * 5

    assert formulas.breakthrough_of([*wild, *STEADY], Decimal("0.70"), TENTH) is None
    assert formulas.breakthrough_of([*wild, *STEADY, *STEADY], Decimal("0.70"), TENTH) is not None


@settings(max_examples=40, deadline=None)
@given(st.lists(HUNDREDTHS, min_size=6, max_size=15), HUNDREDTHS)
def test_whatever_the_scores_a_breakthrough_is_a_rise_above_them(earlier: list[Decimal], after: Decimal) -> None:
    rise = formulas.breakthrough_of(earlier, after, TENTH)

    assert rise is None or (after - earlier[-1] >= TENTH and after > rise.threshold >= min(earlier))


@pytest.mark.parametrize(
    ("latest", "before", "trend"),
    [
        ("1.50", [], None),
        ("1.50", ["1.40"], Trend.RISING),
        ("1.50", ["1.41"], Trend.STEADY),
        ("1.50", ["1.60"], Trend.FALLING),
        ("2.00", ["2.00", "2.00", "2.00", "2.00", "2.00", "0.00"], Trend.STEADY),
        ("2.00", ["2.00", "1.00"], Trend.RISING),
    ],
)
def test_a_trend_is_a_tenth_away_from_the_five_before(latest: str, before: list[str], trend: Trend | None) -> None:
    assert formulas.trend_of(Decimal(latest), [Decimal(each) for each in before]) is trend
