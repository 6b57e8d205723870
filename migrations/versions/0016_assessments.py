"""Question sets, assessments and answers, in the SQL file beside this one."""

from pathlib import Path

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TABLES = "assessment_answers, assessments, questions, question_sets"


def upgrade() -> None:
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    driver = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda asyncpg: asyncpg.execute(script))


def downgrade() -> None:
    op.execute("DROP TRIGGER members_follow_coach_of_assessments ON members")
    # Functions that answer rows of a table go before it.
    op.execute("DROP FUNCTION questions_of_assessments(uuid[]), question_sets_of_assessments(uuid[])")
    op.execute(f"DROP TABLE {TABLES}")
    op.execute("DROP FUNCTION follow_coach_of_assessments(), copy_assessment(), open_assessment()")
    op.execute("DROP FUNCTION publish_questions(), copy_question_set()")
