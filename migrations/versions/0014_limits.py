"""Limits on what leaves the house, and the last holes in what guards it; in the SQL file beside this one."""

from pathlib import Path

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _run(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.execute("DROP POLICY outbox_insert ON outbox")
    _run(_part("0002_bookings.sql", "CREATE POLICY outbox_insert", ";"))
    op.execute("DROP INDEX notifications_by_age")
    op.execute("ALTER TABLE communications DROP CONSTRAINT communications_by_own_hooks")
    op.execute("ALTER TABLE message_hooks DROP CONSTRAINT message_hooks_with_coach")
    op.execute(
        "ALTER TABLE communications ADD FOREIGN KEY (hook_id) REFERENCES message_hooks (id) ON DELETE SET NULL"
    )
    op.execute("DROP TABLE used_quotas")
    keeping = _part("0012_communications.sql", "CREATE FUNCTION keep_key_of_member", "END $$;")
    _run(keeping.replace("CREATE", "CREATE OR REPLACE", 1))


def _part(name: str, opening: str, closing: str) -> str:
    """Of the script of an earlier revision."""
    script = Path(__file__).with_name(name).read_text(encoding="utf-8")
    return opening + script.partition(opening)[2].partition(closing)[0] + closing


def _run(script: str) -> None:
    driver = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda asyncpg: asyncpg.execute(script))
