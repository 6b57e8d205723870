"""What is reached of a member's coherence."""

from app.loaders.coherence.scores import scores_by_id

__all__ = ["scores_by_id"]
