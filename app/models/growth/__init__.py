"""What members do to grow, and what is proposed to them."""

from app.models.growth.recommendations import (
    InterventionExperience,
    InterventionRatingsByGroup,
    Priority,
    Recommendation,
    RecommendationStatus,
    Wording,
)

__all__ = [
    "InterventionExperience",
    "InterventionRatingsByGroup",
    "Priority",
    "Recommendation",
    "RecommendationStatus",
    "Wording",
]
