"""Calendars of coaches elsewhere, in the SQL file beside this one."""

from pathlib import Path

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    driver = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda asyncpg: asyncpg.execute(script))


def downgrade() -> None:
    op.execute("SELECT set_config('app.system', 'on', true)")
    op.execute("DELETE FROM time_off WHERE outside_calendar_id IS NOT NULL")
    op.execute("ALTER TABLE time_off DROP COLUMN outside_calendar_id, DROP CONSTRAINT time_off_kind_known")
    op.execute(
        "ALTER TABLE time_off ADD CONSTRAINT time_off_kind_known"
        " CHECK (kind IN ('VACATION', 'SICK', 'PERSONAL', 'OTHER'))"
    )
    op.execute("DROP TABLE outside_calendars")
    op.execute("DROP FUNCTION bound_outside_calendars()")
