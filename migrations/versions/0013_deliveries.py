"""Deliveries that are sent again, and who may see to them."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE deliveries ADD COLUMN sending INTEGER DEFAULT 1 NOT NULL")
    op.execute("ALTER TABLE deliveries ADD CONSTRAINT deliveries_sending_range CHECK (sending >= 1)")
    op.execute("CREATE INDEX deliveries_by_time ON deliveries (created_at, id)")
    op.execute(
        "INSERT INTO permissions (code, description) VALUES"
        " ('notifications:manage', 'See what became of mails and SMS, and send them again')"
    )
    op.execute("INSERT INTO role_permissions (role, permission) VALUES ('ADMIN', 'notifications:manage')")


def downgrade() -> None:
    op.execute("DELETE FROM permissions WHERE code = 'notifications:manage'")
    op.execute("DROP INDEX deliveries_by_time")
    op.execute("ALTER TABLE deliveries DROP COLUMN sending")
