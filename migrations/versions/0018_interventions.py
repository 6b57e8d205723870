"""Interventions and action items, in the SQL file beside this one."""

from pathlib import Path

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

FUNCTIONS = (
    "follow_coach_of_interventions(), copy_intervention(), find_intervention_by_words(), bound_interventions(),"
    " keep_to_sessions_of_member()"
)


def upgrade() -> None:
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    driver = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda asyncpg: asyncpg.execute(script))


def downgrade() -> None:
    op.execute("DROP TRIGGER members_follow_coach_of_interventions ON members")
    op.execute("DROP TABLE action_items, member_intervention_notes, member_interventions, interventions")
    op.execute(f"DROP FUNCTION {FUNCTIONS}")
