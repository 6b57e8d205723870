"""What a recommendation says, put together from what led to it: the same words for the same facts."""

from collections.abc import Sequence
from typing import Any, Final

from app.services.growth.ranking import EVERYBODY, Exercise, Fact, Known

NAMES: Final = {
    "PSI": "clarity (psi)",
    "RHO": "wisdom (rho)",
    "Q": "courage (q)",
    "F": "belonging (f)",
    "WISE_COWARD": "wise coward",
    "LONELY_HERO": "lonely hero",
    "PEOPLE_PLEASER": "people pleaser",
    "RECKLESS_REPEATER": "reckless repeater",
}
WHAT_FOR: Final = {
    "PSI": "inner consistency and clarity",
    "RHO": "learning from experience",
    "Q": "the courage to act on what matters",
    "F": "belonging, and letting others support you",
}
_LEVELS: Final = {
    "EASY": "is easy to begin with",
    "MEDIUM": "takes some practice",
    "ADVANCED": "is for those who have some practice",
}


def name_of(about: str) -> str:
    return NAMES.get(about, about.lower())


def text_of(name: str, exercise: Exercise) -> str:
    """For the member."""
    with_element = f", with the element {exercise.element.lower()}" if exercise.element else ""
    return (
        f"“{name}” is for {WHAT_FOR[exercise.dimension]}{with_element}."
        f" It takes {exercise.time_minutes} minutes and {_LEVELS[exercise.difficulty]}."
    )


def reason_of(exercise: Exercise, facts: Sequence[Fact]) -> str:
    """One sentence with its numbers."""
    parts = [_said(fact) for fact in facts] or [f"nothing is known yet of {name_of(exercise.dimension)}"]
    sentence = "; ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _said(fact: Fact) -> str:
    about, value = name_of(fact.about), fact.value
    match fact.kind:
        case Known.WEAKEST_DIMENSION:
            return f"{about} is the weakest of the four dimensions at {value}"
        case Known.DIMENSION:
            return f"{about} stands at {value}"
        case Known.PATTERN:
            return f"the pattern of the {about} calls for it"
        case Known.ELEMENT:
            assert value is not None
            return f"{about} has {value * 100:.1f} % of the elements, where an even share has 20 %"
        case Known.OWN_RATINGS:
            return f"exercises for {about} were rated {value} of 5 before ({_counted(fact.count, 'rating')})"
        case Known.RATINGS_OF_OTHERS:
            return f"{_who(fact.about)} rated it {value} of 5 ({_counted(fact.count, 'member')})"
        case Known.DONE_BEFORE:
            return "it was done lately, and counts for less"


def _who(group: str) -> str:
    if group == EVERYBODY:
        return "others"
    kind, _, about = group.partition("_")
    return f"members weakest in {name_of(about)}" if kind == "WEAKEST" else "members of the same pattern"


def _counted(count: int | None, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def facts_as_json(facts: Sequence[Fact]) -> list[dict[str, Any]]:
    """As they are stored."""
    return [
        {
            "kind": fact.kind.value,
            "about": fact.about,
            "value": None if fact.value is None else str(fact.value),
            "count": fact.count,
        }
        for fact in facts
    ]
