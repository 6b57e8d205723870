"""The hot paths: reading a calendar and writing bookings by functions, in the SQL files beside this one; the outbox."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SCRIPTS = ("0002_rights.sql", "0002_slots.sql", "0002_bookings.sql")
FUNCTIONS = (
    "coach_of_session(text, text, text, text, uuid), write_requests(jsonb), open_requests(jsonb, boolean),"
    " take_calendars(uuid[], boolean), next_seat(uuid, timestamptz, timestamptz, timestamptz, integer),"
    " within_capacity(integer, integer), act_for(integer, text[]),"
    " leave_seat(uuid, timestamptz, integer), close_gap(uuid, timestamptz, integer),"
    " act_as(text, text, text, text, text), belongs_to_audience(text, uuid, text, uuid, uuid, uuid),"
    " look_at_calendars(text[], text[], text[], text[], uuid[], timestamptz[], timestamptz[], integer[]),"
    " watch_calendar(uuid, timestamptz, timestamptz, uuid[]), busy_spans(uuid, timestamptz, timestamptz), read_calendar(uuid, timestamptz, timestamptz)"
)


def upgrade() -> None:
    for name in SCRIPTS:
        _run(Path(__file__).with_name(name).read_text(encoding="utf-8"))


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {FUNCTIONS}")
    op.execute("DROP TYPE decided_request")
    op.execute("DROP TABLE outbox")
    before = Path(__file__).with_name("0001_the_ground.sql").read_text(encoding="utf-8")
    name, _, rest = before.partition("CREATE FUNCTION open_calendar")[2].partition("(")
    _run(f"CREATE OR REPLACE FUNCTION open_calendar{name}({rest.partition('END $$;')[0]}END $$;")


def _run(script: str) -> None:
    driver = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda asyncpg: asyncpg.execute(script))
