"""A recorded notification leaves the house: handed over once it is taken, tried again, given up, or left alone."""

from typing import Any

import pytest

from app.jobs.deliveries import PAUSES
from app.platform.ids import new_id
from app.platform.mail import Undelivered
from app.platform.mail_smtp import SmtpMailer, read_smtp_url
from app.services.notifications.unsubscribing import unsubscribe
from tests.jobs.delivering import STATE, K, SmsPartner, state, tell, work_on
from tests.operations import ASSIGN, CANCEL, RESCHEDULE, add_window, booked
from tests.platform.smtp_server import MailServer, drop, silent_server
from tests.practice import Person, Practice

# Handed over


async def test_11_4_a_mail_is_handed_over_and_that_is_recorded(practice: Practice, server: MailServer) -> None:
    member = await practice.member(await practice.coach(display_name="Grace Hopper"))
    await tell(practice, member, starts_at="2026-03-03T10:00:00Z")
    await practice.work()
    await practice.work()

    (mail,) = server.taken
    ((delivery_id, sent_at),) = await practice.rows("SELECT id, sent_at FROM deliveries")
    assert (mail["To"], mail["Message-ID"]) == (member.user.email, f"<{delivery_id}@practice.example>")
    assert mail["List-Unsubscribe"].startswith("<https://practice.example/unsubscribe/")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert await state(practice) == ("SENT", 1, None)
    assert sent_at == practice.clock()
    assert await practice.count("pgqueuer") == 0


async def test_5_6_a_booking_and_its_end_come_with_an_entry_for_the_calendar(
    practice: Practice, server: MailServer
) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    session = await booked(practice, member, coach, "2026-03-02T10:00:00Z")
    await practice.work()
    await practice.ask(CANCEL, member, input={"sessionId": session})
    await practice.work()

    entries: dict[str, list[str]] = {"REQUEST": [], "CANCEL": []}
    for mail in server.taken:
        (entry,) = mail.iter_attachments()
        assert entry.get_content_type() == "text/calendar"
        assert f"METHOD:{entry.get_param('method')}" in entry.get_content()
        entries[str(entry.get_param("method"))].append(mail["To"])
    both = sorted([coach.user.email, member.user.email])
    assert {method: sorted(to) for method, to in entries.items()} == {"REQUEST": both, "CANCEL": both}


async def test_a_booking_that_is_called_off_at_once_is_confirmed_all_the_same(
    practice: Practice, server: MailServer
) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    session = await booked(practice, member, coach, "2026-03-02T10:00:00Z")
    await practice.ask(CANCEL, member, input={"sessionId": session})
    await practice.work()

    assert len(server.taken) == 4
    assert await practice.count("deliveries", "status <> 'SENT'") == 0


async def test_what_cannot_be_switched_off_has_no_header_to_do_so(practice: Practice, server: MailServer) -> None:
    await tell(practice, await practice.admin(), K.WEBHOOK_DISABLED)
    await practice.work()

    assert server.taken[0]["List-Unsubscribe"] is None


async def test_an_sms_has_the_short_text_and_a_key_for_life(practice: Practice, sms: SmsPartner) -> None:
    member = await practice.member(await practice.coach(), phone="+44 20 7946 0000")
    await prefer_sms(practice, member)
    await tell(practice, member, starts_at="2026-03-03T10:00:00Z")
    sms.failure = Undelivered("busy")
    await practice.work()
    sms.failure = None
    await work_on(practice)

    ((delivery_id,),) = await practice.rows("SELECT id FROM deliveries WHERE channel = 'SMS'")
    body = "Your session with your coach is booked: Tue 3 Mar 2026, 10:00 (UTC)"
    assert sms.taken == [(str(delivery_id), "+44 20 7946 0000", body)]
    assert await practice.count("deliveries", "channel = 'SMS' AND status = 'SENT' AND attempts = 2") == 1


async def prefer_sms(practice: Practice, member: Person) -> None:
    await practice.rows(
        "INSERT INTO notification_preferences (user_id, kind, channel, is_on)"
        " VALUES (:id, 'BOOKING_CONFIRMED', 'SMS', true) RETURNING 1",
        id=member.user.id,
    )


async def test_without_a_provider_an_sms_fails_and_says_so(practice: Practice) -> None:
    member = await practice.member(await practice.coach(), phone="+44 20 7946 0000")
    await prefer_sms(practice, member)
    await tell(practice, member)
    await practice.work()

    assert await practice.rows("SELECT status, reason FROM deliveries WHERE channel = 'SMS'") == [
        ("FAILED", "No provider of SMS is configured")
    ]


async def test_of_a_silent_mail_server_the_mail_waits_and_the_sms_is_sent(practice: Practice, sms: SmsPartner) -> None:
    member = await practice.member(await practice.coach(), phone="+44 20 7946 0000")
    await prefer_sms(practice, member)
    async with silent_server() as port:
        url = read_smtp_url(f"smtp://127.0.0.1:{port}")
        practice.house.outside.mailer = SmtpMailer(url, "hello@practice.example", step_seconds=0.1)
        await tell(practice, member)
        await practice.work()

    assert len(sms.taken) == 1
    states = await practice.rows("SELECT channel, status FROM deliveries ORDER BY channel")
    assert [tuple(row) for row in states] == [("EMAIL", "PENDING"), ("SMS", "SENT")]


# Tried again


async def test_a_mail_that_was_perhaps_taken_is_sent_again_as_the_same(practice: Practice, server: MailServer) -> None:
    server.at_data = drop
    await tell(practice, await practice.member(await practice.coach()))
    await practice.work()
    status, attempts, reason = await state(practice)
    assert (status, attempts) == ("PENDING", 1)
    assert reason is not None
    assert "mail server" in reason

    server.at_data = lambda smtp: "250 OK"
    await practice.work()  # its pause is not over
    assert len(server.taken) == 1
    await work_on(practice)

    first, second = (mail["Message-ID"] for mail in server.taken)
    assert first == second
    assert await state(practice) == ("SENT", 2, None)


async def test_what_nobody_takes_is_given_up_after_all_its_tries(practice: Practice, server: MailServer) -> None:
    server.at_rcpt = "451 4.3.0 Not now"
    await tell(practice, await practice.member(await practice.coach()))
    await work_on(practice, len(PAUSES) + 5)

    assert await state(practice) == ("FAILED", len(PAUSES) + 1, "the mail server said 451 4.3.0 Not now")
    assert await practice.rows("SELECT entrypoint, status::text FROM pgqueuer") == [("send_mail", "failed")]


async def test_what_breaks_on_its_way_is_tried_again_and_given_up_too(
    practice: Practice, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(mail: object) -> None:
        raise KeyError("of whatever kind")

    monkeypatch.setattr(practice.house.outside.mailer, "send", broken)
    await tell(practice, await practice.member(await practice.coach()))
    await work_on(practice, len(PAUSES) + 2)

    assert await state(practice) == ("FAILED", len(PAUSES) + 1, "It could not be handed over: KeyError")


async def test_what_is_refused_for_good_is_given_up_at_once(practice: Practice, server: MailServer) -> None:
    server.at_rcpt = "550 5.1.1 No such user"
    await tell(practice, await practice.member(await practice.coach()))
    await practice.work()

    assert await state(practice) == ("FAILED", 1, "the mail server said 550 5.1.1 No such user")
    assert await practice.rows("SELECT entrypoint, status::text FROM pgqueuer") == [("send_mail", "failed")]


async def test_a_parked_job_that_is_told_to_go_on_sends(practice: Practice, server: MailServer) -> None:
    server.at_rcpt = "550 5.1.1 No such user"
    await tell(practice, await practice.member(await practice.coach()))
    await practice.work()
    server.at_rcpt = "250 OK"
    await practice.rows("UPDATE pgqueuer SET status = 'queued' RETURNING 1")
    await practice.work()

    assert await state(practice) == ("SENT", 1, None)


async def test_no_transaction_is_open_while_the_partner_has_its_time(practice: Practice, server: MailServer) -> None:
    await tell(practice, await practice.member(await practice.coach()))
    open_ones: list[int] = []

    async def look(smtp: object) -> str:
        counted = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND state = 'idle in transaction'"
        )
        ((number,),) = await practice.rows(counted)
        open_ones.append(number)
        return "250 OK"

    server.at_data = look
    await practice.work()

    assert open_ones == [0]


# Left alone


async def test_it_waits_for_the_time_that_it_is_to_leave(practice: Practice, server: MailServer) -> None:
    member = await practice.member(await practice.coach())
    await practice.rows(
        "INSERT INTO quiet_hours (user_id, from_time, until_time) VALUES (:id, '07:00', '10:00') RETURNING 1",
        id=member.user.id,
    )
    await tell(practice, member)
    await practice.work()

    (waiting,) = await practice.rows(
        "SELECT entrypoint, round(extract(epoch FROM execute_after - created) / 60) FROM pgqueuer"
    )
    assert (tuple(waiting), server.taken) == (("send_mail", 120), [])

    practice.clock.move(hours=2)
    await work_on(practice)
    assert len(server.taken) == 1


async def test_a_user_who_is_switched_off_is_told_nothing(practice: Practice, server: MailServer) -> None:
    await tell(practice, await practice.member(await practice.coach()))
    await practice.rows("UPDATE users SET is_active = false RETURNING 1")
    await practice.work()

    assert (await state(practice), server.taken) == (("SKIPPED", 1, "This account is switched off"), [])


async def test_who_has_unsubscribed_meanwhile_is_told_nothing(practice: Practice, server: MailServer) -> None:
    member = await practice.member(await practice.coach())
    await tell(practice, member)
    async with practice.as_system() as db:
        given: dict[str, Any] = {"kind": K.BOOKING_CONFIRMED, "channel": "EMAIL", "now": practice.clock()}
        assert await unsubscribe(db, user_id=member.user.id, **given)
    await practice.work()

    assert (await state(practice), server.taken) == (("SKIPPED", 1, "This user has unsubscribed"), [])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("cancel", "The session does not stand any more"),
        ("move", "The session was moved"),
        ("begin", "It would have come too late to be of use"),
        ("nothing", None),
    ],
)
async def test_11_2_nobody_is_reminded_of_what_will_not_be(
    practice: Practice, server: MailServer, change: str, reason: str | None
) -> None:
    coach = await practice.coach()
    member = await practice.member(coach)
    await add_window(practice, coach)
    session = await booked(practice, member, coach, "2026-03-02T10:00:00Z")
    ((session_id,),) = await practice.rows("SELECT id FROM sessions")
    await practice.rows("DELETE FROM outbox RETURNING 1")
    await tell(
        practice, member, K.SESSION_REMINDER_1_HOUR, session_id=str(session_id), starts_at="2026-03-02T10:00:00+00:00"
    )
    if change == "cancel":
        await practice.ask(
            CANCEL,
            member,
            input={"sessionId": session},
        )
    elif change == "move":
        await practice.ask(
            RESCHEDULE,
            member,
            input={"sessionId": session, "startsAt": "2026-03-02T11:00:00Z"},
        )
    elif change == "begin":
        practice.clock.move(hours=2)
    await practice.rows("DELETE FROM outbox RETURNING 1")
    await practice.work()

    assert await state(practice) == ("SENT" if reason is None else "SKIPPED", 1, reason)
    assert len(server.taken) == (1 if reason is None else 0)


async def test_a_coach_is_not_mailed_the_name_of_a_member_who_was_given_to_another_one_meanwhile(
    practice: Practice, server: MailServer
) -> None:
    admin, former, today = await practice.admin(), await practice.coach(), await practice.coach()
    member = await practice.member(first_name="Ada", last_name="Byron")
    quiet = "INSERT INTO quiet_hours (user_id, from_time, until_time) VALUES (:id, '07:00', '09:00') RETURNING 1"
    await practice.rows(quiet, id=former.user.id)
    for coach in (former, today):
        await practice.ask(ASSIGN, admin, input={"memberId": member.id, "coachId": coach.id})
        await practice.work()
    practice.clock.move(hours=2)
    await work_on(practice)

    assert [mail["To"] for mail in server.taken] == [today.user.email]
    kept = await practice.rows("SELECT status, reason FROM deliveries WHERE user_id = :id", id=former.user.id)
    assert kept == [("SKIPPED", "The member has another coach by now")]


@pytest.mark.parametrize("code", [450, 550])
async def test_what_a_server_says_of_an_address_is_kept_without_saying_whose(
    practice: Practice, server: MailServer, code: int
) -> None:
    member = await practice.member()
    server.at_rcpt = f"{code} <{member.user.email}>: not {member.user.email} again"
    await tell(practice, member, starts_at="2026-03-03T10:00:00Z")
    await practice.work()

    ((_, _, reason),) = await practice.rows(STATE)
    assert reason == f"the mail server said {code} <***@example.com>: not ***@example.com again"
    written = str(await practice.rows("SELECT traceback FROM pgqueuer_log WHERE traceback IS NOT NULL"))
    assert "***@example.com" in written
    assert member.user.email not in written


async def test_11_4_a_place_that_is_not_offered_any_more_is_not_told(practice: Practice, server: MailServer) -> None:
    expires_at, hold_id = "2026-03-02T10:00:00Z", str(new_id())
    await tell(
        practice, await practice.member(await practice.coach()), K.PLACE_OFFERED, expires_at=expires_at, hold_id=hold_id
    )
    await practice.work()

    assert (await state(practice), server.taken) == (("SKIPPED", 1, "The place is not offered any more"), [])


@pytest.mark.parametrize(("answer", "status"), [("250 OK", "SENT"), ("451 4.3.0 Not now", "SKIPPED")])
async def test_what_is_to_be_left_alone_when_it_is_being_handed_over_says_what_became_of_it(
    practice: Practice, server: MailServer, answer: str, status: str
) -> None:
    async def skip(smtp: object) -> str:
        await practice.rows("UPDATE deliveries SET status = 'SKIPPED', reason = 'It was moved' RETURNING 1")
        return answer

    server.at_data = skip
    await tell(practice, await practice.member(await practice.coach()))
    await practice.work()

    assert await state(practice) == (status, 1, None if status == "SENT" else "It was moved")
    assert await practice.count("pgqueuer") == 0


async def test_what_cannot_even_be_written_is_tried_again_and_given_up_too(
    practice: Practice, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*asked: object, **given: object) -> None:
        raise KeyError("of whatever kind")

    monkeypatch.setattr("app.services.notifications.deliveries.texts_of", broken)
    await tell(practice, await practice.member(await practice.coach()))
    await work_on(practice, len(PAUSES) + 2)

    assert await state(practice) == ("FAILED", len(PAUSES) + 1, "It could not be handed over: KeyError")
    assert await practice.rows("SELECT entrypoint, status::text FROM pgqueuer") == [("send_mail", "failed")]
