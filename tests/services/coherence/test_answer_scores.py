"""How answers become scores (docs/assessments.md): worked by hand, and what holds of all of them."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.models.coherence import AssessmentType, Dimension, Element, Question, QuestionType
from app.services.coherence.question_forms import QuestionContent
from app.services.coherence.question_sets import refuse_incomplete
from app.services.coherence.scoring import choices_score, rounded, scale_score, weighted_means
from app.services.coherence.starters import starter_sets

SCORES = st.decimals(0, 1, places=2)
WEIGHTS = st.decimals(Decimal("0.01"), Decimal("9.99"), places=2)


@pytest.mark.parametrize(
    ("value", "low", "high", "is_reversed", "score"),
    [
        (1, 1, 5, False, "0.00"),
        (4, 1, 5, False, "0.75"),
        (4, 1, 5, True, "0.25"),
        (7, 0, 10, False, "0.70"),
        (2, 1, 7, False, "0.17"),  # 1/6
        (2, 1, 7, True, "0.83"),  # 5/6
        (1, 0, 8, False, "0.12"),  # 0.125: to the even one
        (3, 0, 8, False, "0.38"),  # 0.375
    ],
)
def test_a_scale_counts_by_where_the_value_lies(value: int, low: int, high: int, is_reversed: bool, score: str) -> None:
    assert scale_score(value, low, high, is_reversed=is_reversed) == Decimal(score)


def test_choices_add_up_within_nothing_and_all() -> None:
    points = {"a": Decimal("0.40"), "b": Decimal("0.70"), "c": Decimal("-0.50")}

    assert choices_score(points, []) == 0
    assert choices_score(points, ["b"]) == Decimal("0.70")
    assert choices_score(points, ["b", "c"]) == Decimal("0.20")
    assert (choices_score(points, ["a", "b"]), choices_score(points, ["c"])) == (1, 0)


def test_a_mean_counts_each_score_by_its_weight() -> None:
    means = weighted_means(
        [
            ("psi", Decimal("3.00"), Decimal("1.00")),
            ("psi", Decimal("1.00"), Decimal("0.20")),
            ("rho", Decimal("0.50"), Decimal("0.33")),
        ]
    )

    assert means == {"psi": Decimal("0.8"), "rho": Decimal("0.33")}
    assert weighted_means([]) == {}


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("ab"), WEIGHTS, SCORES), min_size=1, max_size=12))
def test_a_mean_lies_between_the_lowest_and_the_highest_and_rises_with_each(
    scored: list[tuple[str, Decimal, Decimal]],
) -> None:
    means = weighted_means(scored)
    for key, mean in means.items():
        scores = [score for each, _, score in scored if each == key]
        assert min(scores) <= rounded(mean) <= max(scores)
    key, weight, _ = scored[0]
    assert weighted_means([(key, weight, Decimal(1)), *scored[1:]])[key] >= means[key]


@settings(max_examples=40)
@given(st.integers(0, 99).flatmap(lambda low: st.tuples(st.just(low), st.integers(low + 1, 100))), st.data())
def test_a_reversed_scale_is_the_same_seen_from_the_other_end(ends: tuple[int, int], data: st.DataObject) -> None:
    low, high = ends
    value = data.draw(st.integers(low, high))
    score = scale_score(value, low, high, is_reversed=False)

    assert 0 <= score <= 1
    assert scale_score(low + high - value, low, high, is_reversed=True) == score


def test_the_starter_sets_are_whole_and_of_every_type() -> None:
    sets = starter_sets()
    questions = [question for each in sets for question in each["questions"]]

    assert len(questions) >= 40
    assert {question["question_type"] for question in questions} == {kind.value for kind in QuestionType}
    assert {each["assessment_type"] for each in sets} == {"INITIAL", "QUICK", "DEEP_DIVE"}
    for each in sets:
        codes = [question["code"] for question in each["questions"]]
        assert len(codes) == len(set(codes))
        rows = []
        for question in each["questions"]:
            content = {name: value for name, value in question.items() if name != "code"}
            rows.append(Question(**QuestionContent.read(**content).checked().stored()))
        refuse_incomplete(AssessmentType(each["assessment_type"]), rows)
        measured = {row.dimension for row in rows if row.is_required}, {row.element for row in rows if row.is_required}
        assert measured[0] >= set(Dimension)
        if each["assessment_type"] != "QUICK":
            assert measured[1] >= set(Element)
            full = [(row.dimension, row.element) for row in rows if row.dimension is not None]
            assert {(dimension, element) for dimension in Dimension for element in Element} <= set(full)
