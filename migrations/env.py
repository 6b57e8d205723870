"""Runs the migrations on a connection that the application hands over, or on the owner's URL of the settings."""

from alembic import context
from sqlalchemy import Connection
from sqlmodel import SQLModel

import app.models  # noqa: F401  registers every table
from app.platform import jobs, migrations


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        compare_type=True,
        include_name=lambda name, kind, parents: kind != "table" or name not in jobs.TABLES,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


handed_over = context.config.attributes.get("connection")
if handed_over is not None:
    run(handed_over)
else:
    migrations.run_as_owner(run)
