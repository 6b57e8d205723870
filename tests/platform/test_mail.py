"""Mail leaves as it should, by SMTP or into a folder, and a mail server that misbehaves holds nobody up."""

import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import cast
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.platform.mail import Attachment, Mail, Mailer, MailFolder, Undelivered
from app.platform.mail_smtp import SmtpMailer, read_smtp_url
from app.platform.outside import mailer
from app.platform.settings import InvalidSettings, Settings, read_settings
from tests.platform.smtp_server import PASSWORD, drop, hang, mail_server, silent_server

SENDER = "Praxis für Zoë <hello@practice.example>"
AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
UNSUBSCRIBE = f"<https://practice.example/unsubscribe/{'A' * 120}>"


def a_mail(key: str = "0198-one", to: str = "ada@example.com", **changes: object) -> Mail:
    given: dict[str, object] = {"subject": "Zoë – 10:00", "text": "Grüße\n.\nFrom us\n", "html": "<p>Grüße</p>"}
    return Mail(key, to, **{**given, **changes})  # type: ignore[arg-type]


def quick(url: str, **changes: float) -> SmtpMailer:
    """One that waits for nothing long."""
    seconds: dict[str, float] = {"step_seconds": 0.2, "mail_seconds": 2.0, **changes}
    return SmtpMailer(read_smtp_url(url), SENDER, clock=lambda: AT, **seconds)  # type: ignore[arg-type]


async def refusal(of: Mailer, mail: Mail | None = None) -> Undelivered:
    with pytest.raises(Undelivered) as refused:
        await of.send(mail or a_mail())
    await of.close()
    return refused.value


# What is sent


async def test_a_mail_is_both_text_and_html_and_says_who_and_when() -> None:
    invitation = Attachment("invitation.ics", "text/calendar; method=REQUEST; charset=utf-8", b"BEGIN:VCALENDAR\r\n")
    headers = {"List-Unsubscribe": UNSUBSCRIBE, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    async with mail_server() as server:
        sending = quick(server.url)
        await sending.send(a_mail(headers=headers, attachments=(invitation,)))
        await sending.close()

    (mail,) = server.taken
    assert (mail["From"], mail["To"], mail["Subject"]) == (SENDER, "ada@example.com", "Zoë – 10:00")
    assert mail["Message-ID"] == "<0198-one@practice.example>"
    assert mail["Date"].datetime == AT
    assert mail["Auto-Submitted"] == "auto-generated"
    assert b"\r\nList-Unsubscribe: " + UNSUBSCRIBE.encode() + b"\r\n" in cast(bytes, server.envelopes[0].content)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    alternatives, attached = cast(list[EmailMessage], list(mail.iter_parts()))
    assert alternatives.get_content_type() == "multipart/alternative"
    plain, html = cast(list[EmailMessage], list(alternatives.iter_parts()))
    assert (plain.get_content_type(), plain.get_content()) == ("text/plain", "Grüße\r\n.\r\nFrom us\r\n")
    assert (html.get_content_type(), html.get_content()) == ("text/html", "<p>Grüße</p>\r\n")
    assert (attached.get_content_type(), attached.get_param("method")) == ("text/calendar", "REQUEST")
    assert (attached.get_filename(), attached.get_content()) == ("invitation.ics", "BEGIN:VCALENDAR\r\n")


@pytest.mark.parametrize(
    ("to", "on_the_wire"), [("ada@bücher.example", "ada@xn--bcher-kva.example"), ("zoë@example.com", "zoë@example.com")]
)
async def test_an_address_may_be_in_any_script(to: str, on_the_wire: str) -> None:
    async with mail_server() as server:
        sending = quick(server.url)
        await sending.send(a_mail(to=to))
        await sending.close()

    assert (server.taken[0]["To"], server.envelopes[0].rcpt_tos) == (on_the_wire, [on_the_wire])


async def test_nothing_can_be_smuggled_into_a_header() -> None:
    async with mail_server() as server:
        with pytest.raises(ValueError, match="linefeed"):
            await quick(server.url).send(a_mail(subject="Hello\r\nBcc: everybody@example.com"))
        refused = await refusal(quick(server.url), a_mail(to="ada@example.com\r\nRCPT TO:<eve@example.com>"))

    assert refused.is_final
    assert server.taken == []


# What a server may answer


@pytest.mark.parametrize(
    ("answer", "is_final"), [("550 5.1.1 No such user", True), ("451 4.3.0 Try later", False), ("421 Too busy", False)]
)
async def test_what_the_server_says_of_the_recipient_decides(answer: str, is_final: bool) -> None:
    async with mail_server() as server:
        server.at_rcpt = answer
        refused = await refusal(quick(server.url))

    assert (refused.is_final, server.taken) == (is_final, [])
    assert answer.split(" ", 1)[1] in refused.reason


@pytest.mark.parametrize(("answer", "is_final"), [("554 5.7.1 Spam", True), ("452 4.2.2 Full", False)])
async def test_what_the_server_says_of_the_mail_decides(answer: str, is_final: bool) -> None:
    async with mail_server() as server:
        server.at_data = lambda smtp: answer
        refused = await refusal(quick(server.url))

    assert (refused.is_final, len(server.taken)) == (is_final, 1)


async def test_a_server_that_does_not_greet_is_given_up() -> None:
    async with silent_server() as port:
        refused = await refusal(quick(f"smtp://127.0.0.1:{port}"))

    assert not refused.is_final
    assert "not answer in time" in refused.reason


async def test_a_server_that_hangs_after_the_mail_is_given_up() -> None:
    async with mail_server() as server:
        server.at_data = hang
        refused = await refusal(quick(server.url))
        bounded = await refusal(quick(server.url, step_seconds=60.0, mail_seconds=0.2))

    assert not refused.is_final
    assert (bounded.reason, bounded.is_final) == ("the mail server took longer than 0.2 seconds", False)


async def test_a_mail_whose_acceptance_was_not_heard_is_the_same_mail_when_it_is_sent_again() -> None:
    async with mail_server() as server:
        server.at_data = drop
        sending = quick(server.url)
        with pytest.raises(Undelivered) as refused:
            await sending.send(a_mail())
        server.at_data = lambda smtp: "250 OK"
        await sending.send(a_mail())
        await sending.close()

    assert not refused.value.is_final
    assert [mail["Message-ID"] for mail in server.taken] == ["<0198-one@practice.example>"] * 2


async def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    refused = await refusal(quick(f"smtp://127.0.0.1:{port}"))

    assert not refused.is_final


# Connections


async def test_a_burst_uses_its_connections_again_and_a_few_at_once() -> None:
    async with mail_server() as server:
        sending = quick(server.url, at_once=2)
        await asyncio.gather(*(sending.send(a_mail(f"key-{number}")) for number in range(9)))
        connections = server.connections
        await sending.close()

    assert len({mail["Message-ID"] for mail in server.taken}) == 9
    assert connections == 2


async def test_a_connection_that_has_gone_meanwhile_is_replaced() -> None:
    async with mail_server() as server:
        sending = quick(server.url)
        server.at_data = lambda smtp: asyncio.get_running_loop().call_soon(smtp.transport.close) and "250 OK"
        await sending.send(a_mail("first"))
        server.at_data = lambda smtp: "250 OK"
        await sending.send(a_mail("second"))
        await sending.close()

    assert len(server.taken) == server.connections == 2


async def test_the_password_is_said_and_a_wrong_one_may_be_put_right_later() -> None:
    async with mail_server(with_password=True) as server:
        right = quick(server.url.replace("//", f"//practice:{quote(PASSWORD, safe='')}@"))
        await right.send(a_mail())
        await right.close()
        refused = await refusal(quick(server.url.replace("//", "//practice:wrong@")))

    assert len(server.taken) == 1
    assert not refused.is_final
    assert "535" in refused.reason
    assert "wrong" not in refused.reason


def test_a_password_travels_by_tls_only() -> None:
    assert read_smtp_url("smtp://user:pass@mail.example").starts_tls is True
    assert read_smtp_url("smtp://mail.example").starts_tls is None
    assert read_smtp_url("smtps://user:pass@mail.example").is_tls
    assert [read_smtp_url(f"{scheme}://mail.example").port for scheme in ("smtp", "smtps")] == [587, 465]
    assert "pass" not in repr(read_smtp_url("smtp://user:pass@mail.example"))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(AT - timedelta(days=400))
        .not_valid_after(AT + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    private = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(key.private_bytes(*private) + made.public_bytes(serialization.Encoding.PEM))
    return path


async def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: Path) -> None:
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=str(certificate))
    async with mail_server(tls=serving) as server:
        at = read_smtp_url(server.url.replace("smtp:", "smtps:"))
        known = SmtpMailer(at, SENDER, tls=trusting)
        await known.send(a_mail())
        await known.close()
        refused = await refusal(SmtpMailer(at, SENDER))

    assert len(server.taken) == 1
    assert "certificate" in refused.reason.lower()
    assert not refused.is_final


# The folder


async def test_the_folder_has_one_file_for_each_mail(tmp_path: Path) -> None:
    folder = MailFolder(tmp_path / "mail")

    await folder.send(a_mail(subject="First"))
    await folder.send(a_mail(subject="Again"))
    await folder.send(a_mail("other"))

    assert sorted(path.name for path in folder.folder.iterdir()) == ["0198-one.eml", "other.eml"]
    path = folder.folder / "0198-one.eml"
    assert message_from_bytes(path.read_bytes(), policy=default)["Subject"] == "Again"
    assert (path.stat().st_mode & 0o777, folder.folder.stat().st_mode & 0o777) == (0o600, 0o700)


async def test_a_folder_that_cannot_be_written_to_says_so(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file is in the way")

    assert not (await refusal(MailFolder(tmp_path / "mail"))).is_final


# Settings


def test_mail_goes_where_the_settings_say(settings: Settings) -> None:
    configured = settings.model_copy(update={"smtp_url": "smtp://mail.example", "mail_from": SENDER})

    assert isinstance(mailer(configured), SmtpMailer)
    assert isinstance(mailer(settings), MailFolder)


@pytest.mark.parametrize(
    ("given", "variable"),
    [
        ({"smtp_url": "http://mail.example", "mail_from": SENDER}, "SMTP_URL"),
        ({"smtp_url": "smtp://user@mail.example", "mail_from": SENDER}, "SMTP_URL"),
        ({"smtp_url": "smtp://s3cret:s3cret@", "mail_from": SENDER}, "SMTP_URL"),
        ({"smtp_url": "smtp://a:s3cret@mail.example:99999", "mail_from": SENDER}, "SMTP_URL"),
        ({"smtp_url": "smtp://mail.example"}, "SMTP_URL"),
        ({"mail_from": "nobody"}, "MAIL_FROM"),
        ({"mail_from": "A practice <a@b.example>\nBcc: x@b.example"}, "MAIL_FROM"),
        ({"public_url": "practice.example"}, "PUBLIC_URL"),
        ({"public_url": "javascript://practice.example"}, "PUBLIC_URL"),
        ({"public_url": "https://practice.example/?a=b"}, "PUBLIC_URL"),
    ],
)
def test_a_wrong_setting_stops_the_start_by_its_name(given: dict[str, str], variable: str) -> None:
    with pytest.raises(InvalidSettings) as refused:
        read_settings(_env_file=None, **given)

    (line,) = str(refused.value).splitlines()
    assert line.startswith(f"{variable}: ")
    assert "s3cret" not in line
