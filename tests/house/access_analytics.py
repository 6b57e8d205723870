"""The rows of the access table about what a coach sees first."""

from tests.house.rows import LOGIN, STAFF, Row, given

ROWS = {
    "Query.clientDashboard": Row(
        LOGIN, given(), ("members:read", "coherence:read", "growth:read", "risk:read"), only=STAFF
    ),
}
