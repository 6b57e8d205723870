"""Coherence: the questions that measure it, what members answered, and what came of it."""

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
