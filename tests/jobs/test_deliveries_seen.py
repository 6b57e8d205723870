"""What became of each delivery is seen by admins, who send it again; its recipient sees their own."""

from app.wire.relay import global_id
from tests.jobs.delivering import its_id, state, tell, work_on
from tests.platform.smtp_server import MailServer
from tests.practice import Practice

RESEND = (
    "mutation ($input: ResendDeliveryInput!) { resendDelivery(input: $input) { __typename"
    " ... on Delivery { status attempts sending reason sentAt } } }"
)
DELIVERIES = (
    "query ($filter: DeliveryFilter, $first: Int, $after: String) { deliveries(filter: $filter, first: $first,"
    " after: $after) { edges { node { id notification { kind } channel status reason attempts recipient { email }"
    " triedAt sentAt } }"
    " pageInfo { hasNextPage endCursor } } }"
)


async def test_an_admin_sees_what_became_of_each(practice: Practice, server: MailServer) -> None:
    admin, coach = await practice.admin(), await practice.coach()
    first, second = await practice.members(2, coach)
    server.at_rcpt = "550 5.1.1 No such user"
    await tell(practice, first)
    await practice.work()
    practice.clock.move(minutes=1)
    await tell(practice, second)

    page = await practice.ask(DELIVERIES, admin, first=1)
    newest = page["edges"][0]["node"]
    assert (newest["recipient"], newest["status"]) == ({"email": second.user.email}, "PENDING")
    assert page["pageInfo"]["hasNextPage"]
    rest = await practice.ask(DELIVERIES, admin, first=1, after=page["pageInfo"]["endCursor"])
    oldest = rest["edges"][0]["node"]
    assert oldest | {"id": ""} == {
        "id": "",
        "notification": {"kind": "BOOKING_CONFIRMED"},
        "channel": "EMAIL",
        "status": "FAILED",
        "reason": "the mail server said 550 5.1.1 No such user",
        "attempts": 1,
        "recipient": {"email": first.user.email},
        "triedAt": "2026-03-02T08:00:00Z",
        "sentAt": None,
    }
    assert not rest["pageInfo"]["hasNextPage"]
    for wanted in ({"status": "FAILED"}, {"userId": global_id("User", first.user.id)}):
        found = await practice.ask(DELIVERIES, admin, filter=wanted)
        assert [edge["node"]["id"] for edge in found["edges"]] == [oldest["id"]]
    assert (await practice.ask(DELIVERIES, admin, filter={"channel": "SMS"}))["edges"] == []
    assert (await practice.refusal(DELIVERIES, coach))["code"] == "FORBIDDEN"


async def test_an_admin_sends_again_what_is_then_another_mail(practice: Practice, server: MailServer) -> None:
    admin, member = await practice.admin(), await practice.member(await practice.coach())
    await tell(practice, member)
    await practice.work()

    asked = await practice.ask(RESEND, admin, input={"id": await its_id(practice)})
    assert asked == {
        "__typename": "Delivery",
        "status": "PENDING",
        "attempts": 0,
        "sending": 2,
        "reason": None,
        "sentAt": None,
    }
    await practice.work()

    assert await state(practice) == ("SENT", 1, None)
    assert len({mail["Message-ID"] for mail in server.taken}) == len(server.taken) == 2


async def test_what_was_on_its_way_is_void_once_it_is_sent_again(practice: Practice, server: MailServer) -> None:
    admin = await practice.admin()
    server.at_rcpt = "451 4.3.0 Not now"
    await tell(practice, await practice.member(await practice.coach()))
    await practice.work()
    server.at_rcpt = "250 OK"

    await practice.ask(RESEND, admin, input={"id": await its_id(practice)})
    await work_on(practice, 3)

    assert (await state(practice), len(server.taken)) == (("SENT", 1, None), 1)
    assert await practice.count("pgqueuer") == 0


async def test_nobody_else_sends_again(practice: Practice, server: MailServer) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await tell(practice, member)
    given = {"id": await its_id(practice)}

    for person in (coach, member):
        assert (await practice.refusal(RESEND, person, input=given))["code"] == "FORBIDDEN"
    assert await practice.count("outbox", "event_type = 'DeliveryAsked'") == 0


async def test_a_user_sees_their_own_deliveries_and_no_others(practice: Practice) -> None:
    coach = await practice.coach()
    member, other = await practice.members(2, coach)
    await tell(practice, member)
    node = "query ($id: ID!) { node(id: $id) { ... on Delivery { status notification { kind deliveries { id } } } } }"
    delivery = await its_id(practice)

    told = {"kind": "BOOKING_CONFIRMED", "deliveries": [{"id": delivery}]}
    assert await practice.ask(node, member, id=delivery) == {"status": "PENDING", "notification": told}
    assert (await practice.refusal(node, other, id=delivery))["code"] == "FORBIDDEN"
