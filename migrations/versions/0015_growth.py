"""What is told of growth, and who may see and change it."""

from collections.abc import Sequence

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_BEFORE = (
    "SESSION_BOOKED",
    "BOOKING_CONFIRMED",
    "BOOKING_REJECTED",
    "SESSION_RESCHEDULED",
    "SESSION_CANCELLED",
    "SESSION_COMPLETED",
    "SESSION_REMINDER_24_HOURS",
    "SESSION_REMINDER_1_HOUR",
    "MEMBER_ASSIGNED",
    "PLACE_OFFERED",
    "PLAN_SHARED",
    "PLAN_REMINDER",
    "NOTE_SHARED",
    "WEBHOOK_DISABLED",
    "CALENDAR_IMPORT_FAILED",
)
_ADDED = (
    "ASSESSMENT_ASKED",
    "ASSESSMENT_COMPLETED",
    "BREAKTHROUGH_DETECTED",
    "BREAKTHROUGH_CONFIRMED",
    "INTERVENTION_ASSIGNED",
    "ACTION_ITEM_ADDED",
    "ACTION_ITEM_OVERDUE",
    "MILESTONE_REACHED",
    "JOURNAL_ENTRY_SHARED",
    "RECOMMENDATION_SENT",
    "RISK_ALERT",
    "RISK_ALERT_ESCALATED",
)
_EVERYBODY, _WHO_COACHES = ("ADMIN", "COACH", "MEMBER"), ("ADMIN", "COACH")
_PERMISSIONS = {
    "coherence:read": ("See assessments, coherence and breakthroughs: one's own, and one's members'", _EVERYBODY),
    "coherence:write": ("Answer assessments, and ask one's members to", _EVERYBODY),
    "questions:manage": ("Put together assessments of one's own; as an admin, change the question bank", _WHO_COACHES),
    "growth:read": ("See interventions, goals, elements and engagement: one's own, and one's members'", _EVERYBODY),
    "growth:write": ("Assign and do interventions and action items, set goals, write a journal", _EVERYBODY),
    "interventions:manage": ("Change one's own interventions; as an admin, the library", _WHO_COACHES),
    "recommendations:review": ("Approve, edit and reject what is recommended to one's members", _WHO_COACHES),
    "risk:read": ("See risk assessments and alerts of one's members", _WHO_COACHES),
    "risk:write": ("Assess the risk of one's members, and acknowledge alerts", _WHO_COACHES),
}


def upgrade() -> None:
    _know(_BEFORE + _ADDED)
    for code, (description, roles) in _PERMISSIONS.items():
        told = description.replace("'", "''")
        op.execute(f"INSERT INTO permissions (code, description) VALUES ('{code}', '{told}')")
        granted = ", ".join(f"('{role}', '{code}')" for role in roles)
        op.execute(f"INSERT INTO role_permissions (role, permission) VALUES {granted}")


def downgrade() -> None:
    codes = ", ".join(f"'{code}'" for code in _PERMISSIONS)
    op.execute(f"DELETE FROM permissions WHERE code IN ({codes})")
    kinds = ", ".join(f"'{kind}'" for kind in _ADDED)
    op.execute(f"DELETE FROM notifications WHERE kind IN ({kinds})")
    op.execute(f"DELETE FROM notification_preferences WHERE kind IN ({kinds})")
    _know(_BEFORE)


def _know(kinds: Sequence[str]) -> None:
    known = ", ".join(f"'{kind}'" for kind in kinds)
    for table in ("notifications", "notification_preferences"):
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_kind_known")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {table}_kind_known CHECK (kind IN ({known}))")
