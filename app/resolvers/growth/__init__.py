"""How members grow: what they do, what is proposed to them, and what shows of it."""

from app.resolvers.growth.recommendations import (
    RecommendationMutation,
    RecommendationQuery,
    RecommendationSubscription,
)

__all__ = ["RecommendationMutation", "RecommendationQuery", "RecommendationSubscription"]
