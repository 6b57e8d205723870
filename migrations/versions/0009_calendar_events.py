"""Feeds of calendar events, in the SQL file beside this one."""

from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    driver = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda asyncpg: asyncpg.execute(script))


def downgrade() -> None:
    op.execute("DROP TABLE calendar_feeds")
