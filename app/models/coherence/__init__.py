"""What is measured of a member's coherence."""

from app.models.coherence.breakthroughs import Breakthrough, BreakthroughDimension, BreakthroughStatus, TriggerKind
from app.models.coherence.scores import CoherencePattern, CoherenceScore

__all__ = [
    "Breakthrough",
    "BreakthroughDimension",
    "BreakthroughStatus",
    "CoherencePattern",
    "CoherenceScore",
    "TriggerKind",
]
"""Coherence: the questions that measure it, and what members answered."""
