"""What is measured of a member's coherence."""

from app.services.coherence.breakthroughs import (
    BreakthroughFilter,
    confirm_breakthrough,
    detect_breakthroughs,
    dismiss_breakthrough,
    list_breakthroughs,
)
from app.services.coherence.formulas import Measured, Trend
from app.services.coherence.of_sessions import fill_sessions
from app.services.coherence.reading import (
    Change,
    Followed,
    Interval,
    Mean,
    Point,
    Seen,
    Series,
    SeriesQuestion,
    Summary,
    access_breakthrough,
    access_score,
    find_coherence,
    follow_coherence,
    list_scores,
    read_series,
)
from app.services.coherence.scores import ScoredLater, patterns_in, record_score

__all__ = [
    "BreakthroughFilter",
    "Change",
    "Followed",
    "Interval",
    "Mean",
    "Measured",
    "Point",
    "ScoredLater",
    "Seen",
    "Series",
    "SeriesQuestion",
    "Summary",
    "Trend",
    "access_breakthrough",
    "access_score",
    "confirm_breakthrough",
    "detect_breakthroughs",
    "dismiss_breakthrough",
    "fill_sessions",
    "find_coherence",
    "follow_coherence",
    "list_breakthroughs",
    "list_scores",
    "patterns_in",
    "read_series",
    "record_score",
]
