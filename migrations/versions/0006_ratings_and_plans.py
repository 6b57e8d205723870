"""Ratings of sessions, and plans for them, in the SQL file beside this one."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TRIGGERS = {
    "members_follow_coach_of_ratings_and_plans": "members",
    "sessions_keep_rated_completed": "sessions",
    "coaches_keep_counts": "coaches",
    "coaches_begin_without_ratings": "coaches",
}
TABLES = "plan_items, plan_templates, session_plans, session_ratings"
FUNCTIONS = (
    "follow_coach_of_ratings_and_plans(), count_ratings(), keep_rated_completed(), rate_completed_only(),"
    " refuse_change(), copy_plan(), bound_templates()"
)


def upgrade() -> None:
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    driver = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda asyncpg: asyncpg.execute(script))


def downgrade() -> None:
    for trigger, table in TRIGGERS.items():
        op.execute(f"DROP TRIGGER {trigger} ON {table}")
    op.execute(f"DROP TABLE {TABLES}")
    op.execute(f"DROP FUNCTION {FUNCTIONS}")
    op.execute("ALTER TABLE coaches DROP COLUMN rating_count, DROP COLUMN rating_sum")
