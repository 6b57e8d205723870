"""Coherence scores and breakthroughs, in the SQL file beside this one."""

from pathlib import Path

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    driver = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda asyncpg: asyncpg.execute(script))


def downgrade() -> None:
    op.execute("DROP TRIGGER members_follow_coach_of_coherence ON members")
    op.execute("DROP TRIGGER sessions_keep_coherence ON sessions")
    op.execute("DROP TABLE breakthroughs, coherence_scores")
    op.execute("DROP FUNCTION order_coherence_scores(), follow_coach_of_coherence()")
    op.execute("ALTER TABLE sessions DROP COLUMN pre_session_coherence, DROP COLUMN post_session_coherence")
