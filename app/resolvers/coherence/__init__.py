"""What is measured of a member's coherence."""

from app.resolvers.coherence.breakthroughs import BreakthroughMutation, BreakthroughQuery
from app.resolvers.coherence.scores import CoherenceQuery, CoherenceSubscription

__all__ = ["BreakthroughMutation", "BreakthroughQuery", "CoherenceQuery", "CoherenceSubscription"]
