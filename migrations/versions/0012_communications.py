"""Message templates and communications, in the SQL file beside this one."""

from pathlib import Path

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

FUNCTIONS = (
    "follow_coach_of_communications(), keys_of_communications(uuid[]), key_of_member(uuid),"
    " keep_key_of_member(uuid, uuid, text, bytea, bytea), bound_message_templates(), bound_message_hooks()"
)


def upgrade() -> None:
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    driver = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda asyncpg: asyncpg.execute(script))


def downgrade() -> None:
    op.execute("DELETE FROM permissions WHERE code IN ('messages:read', 'messages:send')")
    op.execute("DROP TRIGGER members_follow_coach_of_communications ON members")
    op.execute("DROP TABLE communications, message_hooks, message_templates")
    op.execute(f"DROP FUNCTION {FUNCTIONS}")
