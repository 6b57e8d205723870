"""What pages of all that leaves the house cost: the same statements however many rows they have."""

from sqlalchemy import text

from app.platform.ids import new_id
from app.wire.relay import parse_key
from tests.messaging import logged
from tests.operations import add_window, booked
from tests.practice import Person, Practice
from tests.statements import cost_alike, cost_of_page
from tests.webhooks import endpoint

MEMBERS = 4
PAGES = {
    "notifications": "kind title body deliveries { status recipient { email } } session { id coach { displayName } }",
    "deliveries": "status recipient { email } notification { kind title body session { id } }",
    "communications": "body coach { displayName } member { id coach { displayName } }",
    "calendarEvents": "uid sequence url creator { name } attendees { name } session { id coach { displayName } }",
    "webhookEndpoints": "id url coach { displayName }",
    "webhookMessages": "id payload attempts { number answer } endpoint { id coach { displayName } }",
    "jobs": "id name payload lastError",
}
GIVEN = {"communications": "memberId: $id, ", "webhookMessages": "endpointId: $id, "}


async def messages_of(practice: Practice, coach: Person) -> str:
    """The id of an endpoint that was sent some, each of them twice."""
    ids = [(await endpoint(practice, coach, f"https://{number}.example.com/"))[0] for number in range(MEMBERS)]
    async with practice.as_system() as db:
        for number in range(MEMBERS):
            given = {
                "id": new_id(),
                "endpoint": parse_key(ids[0], "WebhookEndpoint", "id"),
                "webhook": f"msg_{number}",
                "at": practice.clock(),
            }
            await db.execute(
                text(
                    "INSERT INTO webhook_messages (id, endpoint_id, webhook_id, event_type, payload, status, round,"
                    " tries, attempt_count, is_waiting, delivered_at, created_at) VALUES (:id, :endpoint, :webhook,"
                    " 'test.sent', '{}', 'DELIVERED', 1, 1, 2, false, :at, :at)"
                ),
                given,
            )
            await db.execute(
                text(
                    "INSERT INTO webhook_attempts (message_id, number, at, duration_ms, status_code)"
                    " SELECT :id, number, :at, 1, 200 FROM generate_series(1, 2) AS number"
                ),
                given,
            )
    return ids[0]


async def parked(practice: Practice) -> None:
    await practice.rows(
        "WITH job AS (INSERT INTO pgqueuer (priority, status, entrypoint, payload)"
        " SELECT 0, 'failed', 'notify', '{}' FROM generate_series(1, :number) RETURNING id)"
        " INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint, traceback)"
        ' SELECT id, \'failed\', 0, \'notify\', \'{"exception_type": "Park", "exception_message": "no"}\' FROM job'
        " RETURNING id",
        number=MEMBERS,
    )


async def test_a_page_costs_the_same_statements_however_long_it_is(practice: Practice) -> None:
    coach, admin = await practice.coach(), await practice.admin()
    members = await practice.members(MEMBERS, coach)
    await add_window(practice, coach, seats=MEMBERS)
    for member in members:
        await booked(practice, member, coach, "2026-03-02T09:00:00Z")
        await logged(practice, coach, members[0])
    await practice.work()
    await parked(practice)
    ids = {"communications": members[0].id, "webhookMessages": await messages_of(practice, coach)}

    for page, fields in PAGES.items():
        head = f"query ($first: Int{', $id: ID!' if page in GIVEN else ''})"
        query = f"{head} {{ {page}({GIVEN.get(page, '')}first: $first) {{ edges {{ node {{ {fields} }} }} }} }}"
        given = {"id": ids[page]} if page in GIVEN else {}
        asker = coach if page == "notifications" else admin
        (one, of_one), (rows, of_many) = [
            await cost_of_page(practice, query, asker, first, **given) for first in (1, MEMBERS)
        ]
        assert (one, rows) == (1, MEMBERS), page
        assert cost_alike(of_one, of_many), page
