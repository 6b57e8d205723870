"""The arithmetic of proposals: what it counts, in figures made by hand, and what holds for any figures."""

from decimal import Decimal
from random import Random
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.growth.ranking import (
    DIMENSIONS,
    EVERYBODY,
    MOST_OF_ONE_DIMENSION,
    MOST_PROPOSED,
    Exercise,
    Experience,
    Fact,
    Known,
    Ranking,
    Situation,
    Tally,
    alike,
    shrunk,
)
from app.services.growth.wording import reason_of

ELEMENTS = ("FIRE", "WATER", "EARTH", "AIR", "AETHER")


def exercise(number: int = 1, dimension: str = "Q", element: str | None = "FIRE", **changes: object) -> Exercise:
    values = {"difficulty": "EASY", "time_minutes": 15} | changes
    return Exercise(UUID(int=number), f"exercise-{number}", dimension, element, **values)  # type: ignore[arg-type]


def situation(q: str = "0.30", pattern: str | None = None, **shares: str) -> Situation:
    scores = {"PSI": "0.60", "RHO": "0.80", "Q": q, "F": "0.50"}
    return Situation(
        {name: Decimal(score) for name, score in scores.items()},
        pattern,
        {name.upper(): Decimal(share) for name, share in shares.items()},
    )


SHARES = {"fire": "0.050", "water": "0.250", "earth": "0.250", "air": "0.250", "aether": "0.200"}


@pytest.mark.parametrize(
    ("how", "need", "score"),
    [
        # 0.30 need + 0.55 (expected − 1) / 4 + 0.10 fit + 0.05 shortness; 3.5 is expected of what nobody has rated
        (situation(), 0.70, "0.7038"),  # 0.21 + 0.34375 + 0.10 + 0.05
        (situation(pattern="WISE_COWARD"), 0.90, "0.7638"),
        (situation(pattern="LONELY_HERO"), 0.70, "0.7038"),
        (situation(q="0.05", pattern="WISE_COWARD"), 1.0, "0.7938"),
        (situation(**SHARES), 0.7 * 0.70 + 0.3 * 0.75, "0.7082"),  # of fire three quarters of an even share are missing
        (Situation({}, None, {}), 0.5, "0.6438"),
    ],
)
def test_what_is_missing_is_counted_as_documented(how: Situation, need: float, score: str) -> None:
    found = Ranking(how, tallies={}).judge(exercise())

    assert found.need == pytest.approx(need)
    assert found.rank_score == Decimal(score)


@pytest.mark.parametrize(
    ("need", "priority"), [("0.40", "HIGH"), ("0.41", "MEDIUM"), ("0.60", "MEDIUM"), ("0.61", "LOW")]
)
def test_a_priority_says_how_much_is_missing(need: str, priority: str) -> None:
    assert Ranking(situation(q=need), tallies={}).judge(exercise()).priority == priority


@pytest.mark.parametrize(
    ("difficulty", "minutes", "done", "score"),
    [
        ("EASY", 15, 0, "0.7038"),
        ("EASY", 60, 0, "0.6538"),
        ("MEDIUM", 15, 0, "0.6438"),
        ("MEDIUM", 15, 2, "0.7038"),
        ("ADVANCED", 15, 0, "0.6138"),
        ("ADVANCED", 15, 6, "0.7038"),
        ("EASY", 15, 6, "0.6438"),
    ],
)
def test_what_is_short_and_of_the_right_difficulty_is_better(
    difficulty: str, minutes: int, done: int, score: str
) -> None:
    ranking = Ranking(situation(), tallies={}, done=done)

    assert ranking.judge(exercise(difficulty=difficulty, time_minutes=minutes)).rank_score == Decimal(score)


def test_what_was_done_lately_counts_for_less_and_the_reason_says_so() -> None:
    found = Ranking(situation(), tallies={}, done_lately={UUID(int=1)}).judge(exercise())

    assert found.rank_score == Decimal("0.4926")
    assert found.facts[-1].kind is Known.DONE_BEFORE


def test_few_ratings_move_little_and_many_much() -> None:
    assert shrunk(None, 3.5, 5) == 3.5
    assert shrunk(Tally(1, 5.0), 3.5, 5) == pytest.approx((5 + 17.5) / 6)
    assert shrunk(Tally(100, 500.0), 3.5, 5) == pytest.approx(517.5 / 105)


def test_a_narrower_group_is_pulled_towards_the_wider_one() -> None:
    tallies = {(UUID(int=1), EVERYBODY): Tally(10, 30.0), (UUID(int=1), "WEAKEST_Q"): Tally(5, 25.0)}

    # the practice's mean: (30 + 10 · 3.5) / 20 = 3.25; everybody: (30 + 5 · 3.25) / 15; then (25 + 5 · that) / 10
    expected = (25 + 5 * (30 + 5 * 3.25) / 15) / 10

    assert Ranking(situation(), tallies=tallies).expected(exercise()) == pytest.approx(expected)
    (_, of_group) = Ranking(situation(), tallies=tallies).judge(exercise()).facts
    assert of_group == Fact(Known.RATINGS_OF_OTHERS, "WEAKEST_Q", Decimal("5.0"), 5)


def test_what_one_says_oneself_moves_what_is_like_it() -> None:
    said = [Experience(exercise(2, "PSI", "FIRE"), 5.0)]
    like, unlike = exercise(1, "Q", "FIRE"), exercise(3, "Q", "AIR", difficulty="ADVANCED", time_minutes=60)
    ranking = Ranking(situation(), tallies={}, own=said)

    assert alike(said[0].exercise, like) == pytest.approx(0.70)
    assert ranking.expected(like) == pytest.approx(3.5 + 0.70 * 1.5 / (0.70 + 0.5))
    assert ranking.expected(unlike) == 3.5
    assert ranking.expected(said[0].exercise) == pytest.approx(3.5 + 1.5 / 1.5)


def test_a_reason_is_one_sentence_of_all_its_facts() -> None:
    facts = (
        Fact(Known.DIMENSION, "Q", Decimal("0.40")),
        Fact(Known.ELEMENT, "FIRE", Decimal("0.050")),
        Fact(Known.OWN_RATINGS, "FIRE", Decimal("4.5"), 2),
        Fact(Known.RATINGS_OF_OTHERS, EVERYBODY, Decimal("4.2"), 12),
        Fact(Known.DONE_BEFORE, "Q"),
    )

    assert reason_of(exercise(), facts) == (
        "Courage (q) stands at 0.40; fire has 5.0 % of the elements, where an even share has 20 %; exercises for fire"
        " were rated 4.5 of 5 before (2 ratings); others rated it 4.2 of 5 (12 members); it was done lately, and counts"
        " for less."
    )
    assert reason_of(exercise(), ()) == "Nothing is known yet of courage (q)."


SCORES = st.decimals(0, 1, places=2)
EXERCISES = st.builds(
    exercise,
    number=st.integers(1, 500),
    dimension=st.sampled_from(DIMENSIONS),
    element=st.none() | st.sampled_from(ELEMENTS),
    difficulty=st.sampled_from(("EASY", "MEDIUM", "ADVANCED")),
    time_minutes=st.integers(1, 600),
)
LIBRARIES = st.lists(EXERCISES, max_size=20, unique_by=lambda each: each.id)
SITUATIONS = st.builds(
    Situation,
    st.fixed_dictionaries(dict.fromkeys(DIMENSIONS, SCORES)),
    st.none() | st.sampled_from(("WISE_COWARD", "LONELY_HERO", "PEOPLE_PLEASER", "RECKLESS_REPEATER")),
    st.just({}) | st.fixed_dictionaries(dict.fromkeys(ELEMENTS, SCORES)),
)


@settings(max_examples=40, deadline=None)
@given(SITUATIONS, LIBRARIES, st.data())
def test_whatever_is_known_the_proposals_are_few_in_order_explained_and_the_same_again(
    how: Situation, library: list[Exercise], data: st.DataObject
) -> None:
    own = [Experience(each, data.draw(st.integers(1, 5))) for each in library[:5]]
    tallies = {(each.id, EVERYBODY): Tally(n := data.draw(st.integers(3, 50)), n * 4.0) for each in library[3:8]}
    shuffled = Random(0).sample(library, len(library))

    found = Ranking(how, tallies=tallies, own=own).propose(library)

    assert Ranking(how, tallies=tallies, own=own).propose(shuffled) == found
    assert len(found) <= MOST_PROPOSED
    assert max([*(sum(e.exercise.dimension == d for e in found) for d in DIMENSIONS)]) <= MOST_OF_ONE_DIMENSION
    assert [each.rank_score for each in found] == sorted((each.rank_score for each in found), reverse=True)
    for each in found:
        assert 0 <= each.rank_score <= 1
        assert 1 <= each.expected <= 5
        assert 0 <= each.need <= 1
        assert each.facts
        assert len(reason_of(each.exercise, each.facts)) <= 600


@settings(max_examples=40, deadline=None)
@given(SITUATIONS, EXERCISES, SCORES, st.integers(1, 5))
def test_the_less_there_is_and_the_better_it_was_the_higher_it_ranks(
    how: Situation, of: Exercise, other: Decimal, rating: int
) -> None:
    low, high = sorted((how.scores[of.dimension], other))

    def score(value: Decimal, said: float) -> Decimal:
        changed = Situation({**how.scores, of.dimension: value}, how.pattern, how.shares)
        return Ranking(changed, tallies={}, own=[Experience(of, said)]).judge(of).rank_score

    assert score(low, 3.0) >= score(high, 3.0)
    assert score(low, float(rating)) <= score(low, 5.0)
