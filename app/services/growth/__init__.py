"""How members grow: what they do, what is proposed to them, and what shows of it."""

from app.services.growth.drafting import draft_recommendations
from app.services.growth.learning import learn_of
from app.services.growth.phrasing import keep_phrased, to_phrase
from app.services.growth.recommendations import (
    ApproveRecommendation,
    RateRecommendation,
    RecommendationChanges,
    RecommendationFilter,
    RecommendationGroup,
    access_recommendation,
    approve_recommendation,
    edit_recommendation,
    follow_recommendations,
    group_recommendations,
    list_recommendations,
    rate_recommendation,
    reject_recommendation,
)

__all__ = [
    "ApproveRecommendation",
    "RateRecommendation",
    "RecommendationChanges",
    "RecommendationFilter",
    "RecommendationGroup",
    "access_recommendation",
    "approve_recommendation",
    "draft_recommendations",
    "edit_recommendation",
    "follow_recommendations",
    "group_recommendations",
    "keep_phrased",
    "learn_of",
    "list_recommendations",
    "rate_recommendation",
    "reject_recommendation",
    "to_phrase",
]
