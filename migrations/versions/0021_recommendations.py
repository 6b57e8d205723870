"""Recommendations and what they learn from, in the SQL file beside this one."""

from pathlib import Path

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

FUNCTIONS = (
    "follow_coach_of_recommendations(), divide_recommendation(), count_experience(),"
    " ratings_of_others(uuid, text[])"
)


def upgrade() -> None:
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    driver = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda asyncpg: asyncpg.execute(script))


def downgrade() -> None:
    op.execute("DROP TRIGGER members_follow_coach_of_recommendations ON members")
    op.execute("DROP TABLE intervention_ratings_by_group, intervention_experiences, recommendations")
    op.execute(f"DROP FUNCTION {FUNCTIONS}")
