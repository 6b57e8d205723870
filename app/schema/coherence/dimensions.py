"""What is measured of a member, in words."""

from app.models.coherence.dimensions import Dimension, Element
from app.wire.enums import describe

describe(
    Dimension,
    "A dimension of coherence.",
    {
        "PSI": "Inner consistency and clarity.",
        "RHO": "Accumulated wisdom: learning from experience.",
        "Q": "Courage: the energy to act on what matters.",
        "F": "Belonging: support by others.",
    },
)
describe(
    Element,
    "One of the five elements.",
    {
        "FIRE": "Vision and drive.",
        "WATER": "Feeling.",
        "EARTH": "Body and structure.",
        "AIR": "Thought and communication.",
        "AETHER": "Meaning and wholeness.",
    },
)
