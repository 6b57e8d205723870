"""What a session lives through: holds, waiting lists, series, completion; the SQL is in the files beside this one."""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Of revision 0002, made anew here with more to read and to write.
REPLACED = (
    "coach_of_session(text, text, text, text, uuid), write_requests(jsonb), open_requests(jsonb, boolean),"
    " take_calendars(uuid[], boolean), next_seat(uuid, timestamptz, timestamptz, timestamptz, integer),"
    " within_capacity(integer, integer), act_for(integer, text[]), leave_seat(uuid, timestamptz, integer),"
    " close_gap(uuid, timestamptz, integer),"
    " look_at_calendars(text[], text[], text[], text[], uuid[], timestamptz[], timestamptz[], integer[]),"
    " watch_calendar(uuid, timestamptz, timestamptz, uuid[]), busy_spans(uuid, timestamptz, timestamptz),"
    " read_calendar(uuid, timestamptz, timestamptz)"
)
NEW = (
    "positions_in_line(uuid[]), calendars_to_settle(timestamptz), close_queue(uuid, timestamptz, timestamptz),"
    " fit_queue(uuid, timestamptz, timestamptz, integer), settle_calendar(uuid, timestamptz),"
    " end_expired_holds(uuid, timestamptz), close_entry(uuid, text, timestamptz), end_hold(uuid),"
    " confirm_calendar(uuid, boolean)"
)


def upgrade() -> None:
    op.execute(f"DROP FUNCTION {REPLACED}")
    op.execute("DROP TYPE decided_request")
    for name in ("0004_session_life.sql", "0004_slots.sql", "0004_bookings.sql", "0004_holds.sql"):
        _run(_script(name))


def downgrade() -> None:
    """Holds, waiting lists and series are gone; sessions that were completed stay so."""
    op.execute("SELECT set_config('app.system', 'on', true)")
    op.execute("SELECT end_hold(id) FROM slot_holds ORDER BY starts_at, seat_no DESC")
    op.execute(f"DROP FUNCTION {NEW}, {REPLACED}")
    op.execute("DROP TYPE decided_request")
    _run(_script("0004_session_life_down.sql"))
    before = _script("0001_the_ground.sql")
    for name in ("busy_times", "follow_assigned_coach"):
        _run(f"CREATE OR REPLACE FUNCTION {name}{_between(before, f'CREATE FUNCTION {name}', 'END $$;')}END $$;")
    opening, rights = "CREATE OR REPLACE FUNCTION open_calendar", _script("0002_rights.sql")
    _run(opening + _between(rights, opening, "END $$;") + "END $$;")
    for table, opening in (("sessions", "CREATE POLICY sessions_insert"), ("bookings", "CREATE POLICY bookings_insert")):
        op.execute(f"DROP POLICY {table}_insert ON {table}")
        _run(f"{opening}{_between(before, opening, ';')};")
    _run(_script("0002_slots.sql"))
    bookings = _script("0002_bookings.sql")
    _run(bookings[bookings.index("-- Requests of several people share") :])


def _script(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _between(script: str, opening: str, closing: str) -> str:
    return script.partition(opening)[2].partition(closing)[0]


def _run(script: str) -> None:
    driver = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda asyncpg: asyncpg.execute(script))
