"""An admin's list of all sessions is read in its order, not sorted."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("sessions_by_start", "sessions", ["starts_at", "id"])


def downgrade() -> None:
    op.drop_index("sessions_by_start", "sessions")
