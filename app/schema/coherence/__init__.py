"""What is measured of a member's coherence."""

from app.schema.coherence.breakthroughs import (
    Breakthrough,
    CoherenceUpdated,
    ConfirmBreakthroughInput,
    DismissBreakthroughInput,
)
from app.schema.coherence.scores import CoherenceScore, CoherenceSeries, CoherenceSummary

__all__ = [
    "Breakthrough",
    "CoherenceScore",
    "CoherenceSeries",
    "CoherenceSummary",
    "CoherenceUpdated",
    "ConfirmBreakthroughInput",
    "DismissBreakthroughInput",
]
