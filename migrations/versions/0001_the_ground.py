"""The ground: every table of the first release, in the SQL file beside this one."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "bookings, session_changes, sessions, calendar_seats, calendar_slots, time_off, availability_windows,"
    " coach_calendars, assignments, members, coaches, remembered_requests, user_permissions, role_permissions,"
    " permissions, refresh_tokens, credentials, users"
)
FUNCTIONS = (
    "follow_assigned_coach(), copy_member_coach(), keep_parties(), open_calendar(uuid, boolean, boolean),"
    " busy_times(uuid, timestamptz, timestamptz)"
)


def upgrade() -> None:
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    driver = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda asyncpg: asyncpg.execute(script))


def downgrade() -> None:
    op.execute(f"DROP TABLE {TABLES}")
    op.execute(f"DROP FUNCTION {FUNCTIONS}")
    op.execute("DROP TYPE uuidrange")
