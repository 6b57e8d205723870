"""SMS by Twilio, against a server that speaks its API; telephone numbers; and what a text costs."""

from collections.abc import AsyncIterator

import pytest

from app.platform.mail import Undelivered
from app.platform.outside import sms_sender
from app.platform.settings import InvalidSettings, Settings, read_settings
from app.platform.sms import TwilioSms, parts_of, telephone_number
from tests.platform.twilio_server import ACCOUNT, FROM, NOBODYS, TOKEN, TwilioServer, twilio_server

TO = "+4915112345678"


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioServer]:
    async with twilio_server() as twilio:
        yield twilio


async def send(sender: TwilioSms, to: str = TO, body: str = "Grüße & 100 % =") -> str:
    try:
        return await sender.send(key="a key", to=to, body=body)
    finally:
        await sender.close()


async def refused(sender: TwilioSms, to: str = TO) -> Undelivered:
    with pytest.raises(Undelivered) as failure:
        await send(sender, to)
    assert TO not in failure.value.reason
    return failure.value


async def test_a_message_is_handed_over_and_its_id_answered(twilio: TwilioServer) -> None:
    assert await send(twilio.sender()) == f"SM{1:032}"

    assert twilio.taken == [{"From": FROM, "To": TO, "Body": "Grüße & 100 % ="}]


async def test_a_messaging_service_sends_in_the_place_of_a_number(twilio: TwilioServer) -> None:
    await send(twilio.sender(sender=f"MG{'2' * 32}"), body="Words")

    assert twilio.taken == [{"MessagingServiceSid": f"MG{'2' * 32}", "To": TO, "Body": "Words"}]


async def test_a_number_that_is_not_valid_is_final(twilio: TwilioServer) -> None:
    failure = await refused(twilio.sender(), NOBODYS)

    assert (failure.reason, failure.is_final) == ("Twilio answered 400 with the error 21211", True)


async def test_a_number_is_sent_as_twilio_writes_it_or_not_at_all(twilio: TwilioServer) -> None:
    await send(twilio.sender(), "0049 151 1234-5678", "Words")
    with pytest.raises(Undelivered) as failure:
        await send(twilio.sender(), "0151 1234567")

    assert (failure.value.is_final, twilio.asked, twilio.taken[0]["To"]) == (True, 1, TO)


async def test_wrong_credentials_are_final(twilio: TwilioServer) -> None:
    failure = await refused(twilio.sender(account=f"AC{'9' * 32}"))

    assert (failure.reason, failure.is_final) == ("Twilio answered 401 with the error 20003", True)


@pytest.mark.parametrize("answer", [429, 500, 503, "noise", "elsewhere"])
async def test_what_passes_is_worth_another_try(twilio: TwilioServer, answer: int | str) -> None:
    twilio.answers = [answer]

    assert not (await refused(twilio.sender())).is_final
    assert twilio.asked == 1, "no redirect is followed, and nothing tried again here"


async def test_a_server_that_hangs_is_given_up_in_time(twilio: TwilioServer) -> None:
    twilio.answers = ["hang"]

    assert not (await refused(twilio.sender(seconds=0.1))).is_final


async def test_a_server_that_is_not_there_is_worth_another_try() -> None:
    failure = await refused(TwilioSms(ACCOUNT, TOKEN, FROM, "http://127.0.0.1:1"))

    assert (failure.reason, failure.is_final) == ("Twilio did not answer (ConnectError)", False)


async def test_the_settings_choose_twilio_or_nobody(settings: Settings) -> None:
    assert sms_sender(settings) is None
    given = {"twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN, "twilio_from": FROM}
    chosen = sms_sender(settings.model_copy(update=given))
    assert isinstance(chosen, TwilioSms)
    await chosen.close()
    assert TOKEN not in repr(settings.model_copy(update=given))


@pytest.mark.parametrize("missing", ["twilio_auth_token", "twilio_from"])
def test_half_of_the_settings_is_refused(missing: str) -> None:
    given = {"twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN, "twilio_from": FROM}

    with pytest.raises(InvalidSettings, match=r"^TWILIO_ACCOUNT_SID: "):
        read_settings(_env_file=None, **{name: value for name, value in given.items() if name != missing})


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+49 151 1234-5678", TO),
        ("0049 (151) 123 456 78", TO),
        ("+49/151.12345678", TO),
        ("+1\u00a0500\u2011555\u20110006", FROM),
        ("0151 12345678", None),
        ("15112345678", None),
        ("+0151 12345678", None),
        ("+49 151 call me", None),
        ("+49151123456789012", None),
        ("+12345", None),
        ("+4915112345678\n+15005550006", None),
        ("+٤٩١٥١١٢٣٤٥٦٧٨", None),
        ("", None),
        (None, None),
    ],
)
def test_a_number_is_good_with_the_countrys_code_only(written: str | None, number: str | None) -> None:
    assert telephone_number(written) == number


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("ä€" * 53, 1),  # a euro takes two places
        ("ä€" * 54, 2),
        ("a" * 152 + "€" + "a" * 152, 3),  # and is not torn apart
        ("я" * 70, 1),
        ("я" * 71, 2),
        ("я" * 134, 2),
        ("я" * 135, 3),
        ("🙂" * 35, 1),
        ("🙂" * 36, 2),
        ("🙂" * 67, 3),
    ],
)
def test_a_text_takes_as_many_parts_as_it_is_charged(body: str, parts: int) -> None:
    assert parts_of(body) == parts
