"""Goals, the values measured of them and milestones, in the SQL file beside this one."""

from pathlib import Path

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    driver = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda asyncpg: asyncpg.execute(script))


def downgrade() -> None:
    op.execute("DROP TRIGGER members_follow_coach_of_goals ON members")
    op.execute("DROP TABLE milestones, goal_updates, goals")
    op.execute("DROP FUNCTION follow_coach_of_goals(), keep_current_of_goal(), bound_goals()")
