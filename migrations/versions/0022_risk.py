"""Risk assessments and alerts, in the SQL file beside this one."""

from pathlib import Path

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    driver = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda asyncpg: asyncpg.execute(script))


def downgrade() -> None:
    op.execute("DROP TRIGGER members_follow_coach_of_risk ON members")
    op.execute("DROP TABLE risk_alerts, risk_assessments")
    op.execute(
        "DROP FUNCTION refuse_foreign_session_of_risk(), want_alert_of_risk(), follow_coach_of_risk(),"
        " keys_of_risk(uuid[])"
    )
