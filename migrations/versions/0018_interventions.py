"""Interventions and action items, in the SQL file beside this one, and the library that a practice begins with."""

import json
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from alembic import op
from sqlalchemy import text

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

FUNCTIONS = (
    "follow_coach_of_interventions(), copy_intervention(), find_intervention_by_words(), bound_interventions(),"
    " keep_to_sessions_of_member()"
)


def upgrade() -> None:
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    driver = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda asyncpg: asyncpg.execute(script))
    _fill_library()


def _fill_library() -> None:
    """From the JSON file beside this one; admins go on from there. The ids are the same everywhere."""
    found = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    rows = [{**row, "id": str(uuid5(NAMESPACE_URL, f"rapport/interventions/{row['code']}"))} for row in found]
    connection = op.get_bind()
    connection.execute(text("SELECT set_config('app.system', 'on', true)"))
    connection.execute(
        text(
            "INSERT INTO interventions (id, code, name, dimension, element, difficulty, time_minutes, description, steps,"
            " success_measures, resources, is_active, created_at, updated_at)"
            " SELECT id, code, name, dimension, element, difficulty, time_minutes, description, steps,"
            " success_measures, resources, true, now(), now()"
            " FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (id uuid, code text, name text, dimension text,"
            " element text, difficulty text, time_minutes int, description text, steps jsonb, success_measures jsonb,"
            " resources jsonb)"
        ),
        {"rows": json.dumps(rows)},
    )
    connection.execute(text("SELECT set_config('app.system', '', true)"))


def downgrade() -> None:
    op.execute("DROP TRIGGER members_follow_coach_of_interventions ON members")
    op.execute("DROP TABLE action_items, member_intervention_notes, member_interventions, interventions")
    op.execute(f"DROP FUNCTION {FUNCTIONS}")
