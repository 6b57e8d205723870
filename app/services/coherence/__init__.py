"""What is measured of a member's coherence."""

from app.services.coherence.formulas import Measured
from app.services.coherence.scores import record_score

__all__ = ["Measured", "record_score"]
