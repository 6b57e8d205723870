"""How engaged somebody is, by the formulas of docs/engagement.md, reckoned by hand."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.growth.engagement_formula import HALF_LIFE_DAYS, RULES, WINDOW_DAYS, Done, Part, engagement_of

TODAY = date(2026, 3, 29)
METRICS = sorted({rule.metric for rule in RULES.values()} | {"SESSIONS_MISSED"})
DONE = st.builds(
    lambda metric, ago, times: Done(metric, TODAY - timedelta(days=ago), Decimal(times)),
    st.sampled_from(METRICS),
    st.integers(0, 120),
    st.integers(1, 40),
)


def done(metric: str, *, ago: int = 0, times: int = 1) -> Done:
    return Done(metric, TODAY - timedelta(days=ago), Decimal(times))


def points(*what: Done) -> dict[str, str]:
    return {part.name.value: str(part.points) for part in engagement_of(what, TODAY).parts if part.points}


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ((), {}),
        ((done("SESSIONS_ATTENDED"),), {"SESSIONS": "15.0"}),  # 30 · (1 - 2^-1)
        ((done("ACTION_ITEMS_COMPLETED", times=2),), {"ACTION_ITEMS": "12.5"}),  # 25 · (1 - 2^(-2/2))
        ((done("JOURNAL_ENTRIES"),), {"JOURNAL": "4.1"}),  # 20 · (1 - 2^(-1/3)) = 4.126
        ((done("INTERVENTIONS_COMPLETED"),), {"INTERVENTIONS": "11.2"}),  # 15 · (1 - 2^-2) = 11.25
        ((done("ASSESSMENTS_COMPLETED"),), {"ASSESSMENTS": "7.5"}),  # 10 · (1 - 2^-2)
        ((done("SESSIONS_ATTENDED", ago=14),), {"SESSIONS": "8.8"}),  # 30 · (1 - 2^-0.5) = 8.787
        ((done("SESSIONS_ATTENDED"), done("SESSIONS_MISSED")), {"SESSIONS": "7.5"}),  # half of them missed
        ((done("SESSIONS_ATTENDED"), done("SESSIONS_MISSED", ago=14)), {"SESSIONS": "10.0"}),  # 15 · 1 / 1.5
        ((done("SESSIONS_MISSED"),), {}),
        ((done("JOURNAL_ENTRIES", ago=1), done("JOURNAL_ENTRIES", ago=15)), {"JOURNAL": "5.6"}),  # 1.4276 entries
        ((done("JOURNAL_ENTRIES", ago=WINDOW_DAYS - 1, times=40),), {"JOURNAL": "2.8"}),  # 0.6566 entries
        ((done("JOURNAL_ENTRIES", ago=WINDOW_DAYS, times=40),), {}),
        ((done("JOURNAL_ENTRIES", ago=-1),), {"JOURNAL": "4.1"}),  # a day ahead, in another zone, is today's
    ],
)
def test_each_part_fades_by_half_in_a_fortnight_and_saturates(what: tuple[Done, ...], expected: dict[str, str]) -> None:
    assert points(*what) == expected


def test_the_score_is_the_points_together_and_says_what_they_are_of() -> None:
    what = [done("SESSIONS_ATTENDED", ago=3), done("SESSIONS_ATTENDED", ago=40), done("SESSIONS_MISSED", ago=2)]
    found = engagement_of([*what, done("JOURNAL_ENTRIES", times=2)], TODAY)
    sessions = found.parts[0]

    assert (sessions.count, sessions.missed, sessions.last_on) == (2, 1, TODAY - timedelta(days=3))
    assert found.score == round(sum(part.points for part in found.parts)) == 15  # 7.9 and 7.4
    assert [Part.read(part.name, part.stored()) for part in found.parts] == found.parts
    assert found.fades
    assert not engagement_of([done("JOURNAL_ENTRIES", ago=90)], TODAY).fades


@settings(max_examples=40)
@given(st.lists(DONE, max_size=30), DONE)
def test_doing_more_never_lowers_it_missing_never_raises_it_and_a_day_only_takes(what: list[Done], more: Done) -> None:
    before, after = engagement_of(what, TODAY), engagement_of([*what, more], TODAY)
    steps = [later.points - earlier.points for earlier, later in zip(before.parts, after.parts, strict=True)]

    assert all(0 <= part.points <= part.most for part in after.parts)
    assert 0 <= after.score <= 100
    assert all(step <= 0 for step in steps) if more.metric == "SESSIONS_MISSED" else all(step >= 0 for step in steps)
    without_missing = [each for each in what if each.metric != "SESSIONS_MISSED"]
    today, tomorrow = (engagement_of(without_missing, TODAY + timedelta(days=days)).score for days in (0, 1))
    assert tomorrow <= today
    assert engagement_of(list(reversed(what)), TODAY) == before


def test_the_page_has_the_same_rules(root: Path) -> None:
    page = (root / "docs" / "engagement.md").read_text(encoding="utf-8")
    rows = [tuple(cell.strip(" `") for cell in row.split("|")[1:-1]) for row in page.splitlines() if row[:3] == "| `"]

    assert rows == [(part.value, rule.metric, str(rule.most), str(rule.half_at)) for part, rule in RULES.items()]
    for number in (f"2^(-a / {HALF_LIFE_DAYS})", f"what is {WINDOW_DAYS} days old", f"the last {WINDOW_DAYS} days"):
        assert number in page
