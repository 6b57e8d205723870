"""What coaches think a member is in danger of, and the alerts that a high or acute risk raises."""

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from app.platform.columns import at_least, choice, one_of, optional_timestamp, stamped_now, timestamp
from app.platform.encryption import Place
from app.platform.ids import new_id
from app.platform.row_security import both, guard, is_mine


class RiskLevel(StrEnum):
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRISIS = "CRISIS"


class RiskIndicator(StrEnum):
    """What gives cause for concern. `NONE_OF_THESE` is what only the note says."""

    THOUGHTS_OF_SUICIDE = "THOUGHTS_OF_SUICIDE"
    SELF_HARM = "SELF_HARM"
    DANGER_TO_OTHERS = "DANGER_TO_OTHERS"
    ABUSE_OR_VIOLENCE = "ABUSE_OR_VIOLENCE"
    SUBSTANCE_USE = "SUBSTANCE_USE"
    ACUTE_DISTRESS = "ACUTE_DISTRESS"
    HOPELESSNESS = "HOPELESSNESS"
    LOSS_OR_TRAUMA = "LOSS_OR_TRAUMA"
    ISOLATION = "ISOLATION"
    SLEEP_OR_APPETITE = "SLEEP_OR_APPETITE"
    WITHDRAWAL_FROM_COACHING = "WITHDRAWAL_FROM_COACHING"
    NONE_OF_THESE = "NONE_OF_THESE"


class RiskAlertStatus(StrEnum):
    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    RESOLVED = "RESOLVED"


ALARMING: Final = frozenset({RiskLevel.HIGH, RiskLevel.CRISIS})
"""Levels that raise an alert."""

_INDICATORS = ", ".join(f"'{indicator.value}'" for indicator in RiskIndicator)


def _sealed(column: str, table: str) -> CheckConstraint:
    return CheckConstraint(
        f"substring({column}, 1, 1) = '\\x01'::bytea AND length({column}) >= 45", name=f"{table}_{column}_encrypted"
    )


class RiskAssessment(SQLModel, table=True):
    """A coach's judgement of one moment; it stays as it was. Its member does not see it. The notes are encrypted.

    Triggers hold that a session is one of the member's, and that an alarming level has its alert when all is committed.
    """

    __tablename__ = "risk_assessments"
    __table_args__ = (
        one_of("level", RiskLevel, "risk_assessments"),
        CheckConstraint(
            f"indicators <@ ARRAY[{_INDICATORS}]::varchar[] AND cardinality(indicators) <= {len(RiskIndicator)}",
            name="risk_assessments_indicators_known",
        ),
        _sealed("notes", "risk_assessments"),
        UniqueConstraint("id", "member_id", "level", name="risk_assessments_of_alerts_key"),
        Index("risk_assessments_by_member", "member_id", "assessed_at", "id"),
        Index("risk_assessments_by_coach", "member_coach_id", "assessed_at", "id"),
        Index("risk_assessments_by_time", "assessed_at", "id"),
        Index("risk_assessments_by_session", "session_id", postgresql_where=text("session_id IS NOT NULL")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    member_id: UUID = Field(foreign_key="members.id", ondelete="CASCADE")
    member_coach_id: UUID | None = None
    assessed_by_user_id: UUID = Field(foreign_key="users.id")
    session_id: UUID | None = Field(default=None, foreign_key="sessions.id", ondelete="SET NULL")
    level: RiskLevel = choice(RiskLevel)
    indicators: list[str] = Field(default_factory=list, sa_type=ARRAY(String(32)), nullable=False)
    notes: bytes | None = None
    assessed_at: datetime = timestamp()
    created_at: datetime = stamped_now()

    @property
    def sealed(self) -> bytes | None:
        return self.notes

    @property
    def place(self) -> Place:
        return Place("risk_assessments", "notes", self.id)


class RiskAlert(SQLModel, table=True):
    """Of one assessment: until somebody acknowledges it, it escalates at `next_escalation_at`, step by step.

    Triggers hold that it goes from open to acknowledged to resolved only, that steps are counted one by one by the
    system while it is open, and that nobody acknowledges in another's name. The note says what was done, encrypted.
    """

    __tablename__ = "risk_alerts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["risk_assessment_id", "member_id", "level"],
            ["risk_assessments.id", "risk_assessments.member_id", "risk_assessments.level"],
            name="risk_alerts_assessment_fkey",
            ondelete="CASCADE",
        ),
        UniqueConstraint("risk_assessment_id", name="risk_alerts_one_per_assessment"),
        CheckConstraint("level IN ('HIGH', 'CRISIS')", name="risk_alerts_level_known"),
        one_of("status", RiskAlertStatus, "risk_alerts"),
        at_least("step", 0, "risk_alerts"),
        _sealed("note", "risk_alerts"),
        CheckConstraint("status = 'OPEN' OR next_escalation_at IS NULL", name="risk_alerts_escalate_while_open"),
        CheckConstraint(
            "(status = 'OPEN') = (acknowledged_at IS NULL)"
            " AND (acknowledged_at IS NULL) = (acknowledged_by_user_id IS NULL)",
            name="risk_alerts_acknowledged_by_somebody",
        ),
        CheckConstraint(
            "(status = 'RESOLVED') = (resolved_at IS NOT NULL)"
            " AND (resolved_at IS NULL) = (resolved_by_user_id IS NULL) AND (note IS NULL OR status = 'RESOLVED')",
            name="risk_alerts_resolved_by_somebody",
        ),
        CheckConstraint(
            "acknowledged_at >= raised_at AND resolved_at >= acknowledged_at", name="risk_alerts_one_after_the_other"
        ),
        Index("risk_alerts_by_member", "member_id", "raised_at", "id"),
        Index("risk_alerts_by_coach", "member_coach_id", "raised_at", "id"),
        Index("risk_alerts_by_time", "raised_at", "id"),
        Index("risk_alerts_unresolved", "member_coach_id", "id", postgresql_where=text("status <> 'RESOLVED'")),
        Index(
            "risk_alerts_to_escalate",
            "next_escalation_at",
            "id",
            postgresql_where=text("next_escalation_at IS NOT NULL"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    risk_assessment_id: UUID
    member_id: UUID = Field(foreign_key="members.id", ondelete="CASCADE")
    member_coach_id: UUID | None = None
    level: RiskLevel = choice(RiskLevel)
    status: RiskAlertStatus = choice(RiskAlertStatus, default=RiskAlertStatus.OPEN)
    step: int = 0
    raised_at: datetime = timestamp()
    next_escalation_at: datetime | None = optional_timestamp()
    acknowledged_at: datetime | None = optional_timestamp()
    acknowledged_by_user_id: UUID | None = Field(default=None, foreign_key="users.id")
    resolved_at: datetime | None = optional_timestamp()
    resolved_by_user_id: UUID | None = Field(default=None, foreign_key="users.id")
    note: bytes | None = None

    @property
    def sealed(self) -> bytes | None:
        return self.note

    @property
    def place(self) -> Place:
        return Place("risk_alerts", "note", self.id)


_COACHES = is_mine("member_coach_id", "coach_id")
# No member sees what was thought of them: there is no clause of theirs.
guard(
    RiskAssessment,
    select=[_COACHES],
    insert=[both(_COACHES, is_mine("assessed_by_user_id", "user_id"))],
)
guard(RiskAlert, select=[_COACHES], insert=[_COACHES], update=[_COACHES])
