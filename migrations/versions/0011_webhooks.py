"""Webhooks, in the SQL file beside this one."""

from pathlib import Path

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    driver = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda asyncpg: asyncpg.execute(script))


def downgrade() -> None:
    op.execute("DELETE FROM role_permissions WHERE permission = 'webhooks:manage'")
    op.execute("DELETE FROM user_permissions WHERE permission = 'webhooks:manage'")
    op.execute("DELETE FROM permissions WHERE code = 'webhooks:manage'")
    op.execute("DROP TABLE webhook_attempts, webhook_messages, webhook_endpoints")
    op.execute("DROP FUNCTION copy_webhook_coach(), bound_webhook_endpoints()")
