"""What series over time have points for."""

from app.services.growth import Interval
from app.wire.enums import describe

describe(
    Interval,
    "What a series has a point for.",
    {"DAY": "Each day.", "WEEK": "Each week, from Monday.", "MONTH": "Each month."},
    name="GrowthInterval",
)
GrowthInterval = Interval
