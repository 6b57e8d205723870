"""Elements, journals and engagement, in the SQL file beside this one."""

from pathlib import Path

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    driver = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda asyncpg: asyncpg.execute(script))


def downgrade() -> None:
    op.execute("DROP TRIGGER members_follow_coach_of_elements ON members")
    op.execute("DROP TABLE engagement_scores, engagement_metrics, journal_entries, elemental_balances")
    op.execute(
        "DROP FUNCTION follow_coach_of_elements(), link_journal_entry(), link_elemental_balance(),"
        " keys_of_journal_entries(uuid[])"
    )
