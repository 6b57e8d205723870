"""Message templates that every coach has."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.models.messaging import MessageKind


@dataclass(frozen=True, slots=True)
class BuiltInMessageTemplate:
    """Nobody's, and the same for everybody: it has an id, and no row."""

    id: UUID
    kind: MessageKind
    name: str
    subject: str
    body: str
    is_built_in: ClassVar[bool] = True


def _built_in(number: int, kind: MessageKind, name: str, subject: str, body: str) -> BuiltInMessageTemplate:
    return BuiltInMessageTemplate(UUID(f"00000000-0000-7000-8000-0000000001{number:02}"), kind, name, subject, body)


BUILT_IN = (
    _built_in(
        1,
        MessageKind.REMINDER,
        "Session to come",
        "Our session on {{ session.date }}",
        "Hi {{ member.first_name }}, a short reminder: we meet on {{ session.date }} at {{ session.time }}."
        " See you then! {{ coach.name }}",
    ),
    _built_in(
        2,
        MessageKind.REMINDER,
        "Prepare for the session",
        "Before our session",
        "Hi {{ member.first_name }}, before {{ session.date }}, {{ session.time }}: what would make this session"
        " worth your while? One sentence is enough. {{ coach.name }}",
    ),
    _built_in(
        3,
        MessageKind.CHECK_IN,
        "How are you",
        "How are you?",
        "Hi {{ member.first_name }}, I thought of you. How have the last days been? A word back is plenty."
        " {{ coach.name }}",
    ),
    _built_in(
        4,
        MessageKind.CHECK_IN,
        "How is the next step going",
        "Your next step",
        "Hi {{ member.first_name }}, how is the step going that we agreed on? If something is in its way, tell me,"
        " and we will look at it together. {{ coach.name }}",
    ),
    _built_in(
        5,
        MessageKind.CRISIS,
        "Help is there now",
        "You are not alone",
        "{{ member.first_name }}, you are not alone with this. If you or somebody else may be in danger, call your"
        " local emergency number now. I read messages, but not at every moment, so please do not wait for me."
        " {{ coach.name }}",
    ),
    _built_in(
        6,
        MessageKind.CRISIS,
        "Let us speak",
        "Can we speak?",
        "{{ member.first_name }}, I would like to speak with you soon: when can I reach you today? If it cannot wait,"
        " your local emergency number or crisis line is there day and night. {{ coach.name }}",
    ),
    _built_in(
        7,
        MessageKind.MOTIVATION,
        "Look how far",
        "Look how far you have come",
        "Hi {{ member.first_name }}, look back for a moment at where you began. What you can do today was a wish"
        " then. Keep going! {{ coach.name }}",
    ),
    _built_in(
        8,
        MessageKind.MOTIVATION,
        "Small steps",
        "One small step",
        "Hi {{ member.first_name }}, it need not be big today. Which step is so small that you could take it in the"
        " next ten minutes? {{ coach.name }}",
    ),
)
