"""Encrypted notes of sessions, and the keys that they are under, in the SQL file beside this one."""

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FUNCTIONS = (
    "keep_member_key(uuid, uuid, text, bytea, bytea), key_of_session(uuid), keys_of_notes(uuid[]),"
    " check_of_master_key(text), keep_note(), refuse_reader(), mark_later_note(), let_notes_follow_assigned_coach()"
)


def upgrade() -> None:
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    driver = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda asyncpg: asyncpg.execute(script))


def downgrade() -> None:
    op.execute("DELETE FROM permissions WHERE code IN ('notes:read', 'notes:write', 'note_templates:write')")
    op.execute("DROP TRIGGER members_notes_follow_assigned_coach ON members")
    op.execute("DROP TABLE session_notes, note_templates, member_keys, master_keys")
    op.execute(f"DROP FUNCTION {FUNCTIONS}")
