"""Strict scalars: one spelling in, one spelling out, and a refusal that says what was expected."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import NewType, TypeAlias
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import strawberry
from email_validator import EmailNotValidError, validate_email
from graphql import GraphQLError, IntValueNode, StringValueNode, ValueNode
from strawberry.types.scalar import ScalarDefinition

__all__ = [
    "SCALARS",
    "URL",
    "WRITTEN_AS_THEY_ARE",
    "Date",
    "DateTime",
    "Decimal",
    "EmailAddress",
    "LocalTime",
    "TimeZone",
]

# Python's own types may be used as well as these names for them: both are the same scalar.
DateTime: TypeAlias = datetime
Date: TypeAlias = date
LocalTime: TypeAlias = time
TimeZone = NewType("TimeZone", str)
EmailAddress = NewType("EmailAddress", str)
URL = NewType("URL", str)

_MAX_EMAIL = 254
_MAX_URL = 2_048
_MAX_DIGITS = 38  # on either side of the point when written, and in all when read

_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-5][0-9])", re.IGNORECASE
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LOCAL_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_URL = re.compile(r"https?://([0-9a-z._~:/?#\[\]@!$&'()*+,;=-]|%[0-9a-f]{2})+", re.IGNORECASE)
_HOST = re.compile(r"[0-9a-z]([0-9a-z_.-]*[0-9a-z])?\.?|[0-9a-f.]*:[0-9a-f:.]+")  # a name, IPv4, or IPv6 without []

# Read once: it opens some 600 files. The names taken out mean something else on every machine.
_ZONES = frozenset(available_timezones() - {"Factory", "localtime", "posixrules"})


def _refuse(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "BAD_USER_INPUT", "status": 400})


def _parse_date_time(text: str) -> datetime:
    if not _DATE_TIME.fullmatch(text):
        raise _refuse("DateTime must be RFC 3339 with an offset, for example 2026-11-21T09:00:00Z.")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _refuse(
            "DateTime must be a moment that exists, in the years 0001 to 9999 and without leap seconds."
        ) from None


def _serialize_date_time(value: object) -> str:
    if not isinstance(value, datetime):
        raise _not_a("DateTime", value)
    if value.utcoffset() is None:
        raise ValueError("DateTime cannot represent a datetime without a time zone.")
    try:
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except OverflowError:
        raise ValueError("DateTime cannot represent a moment outside the years 0001 to 9999 UTC.") from None


def _parse_date(text: str) -> date:
    if not _DATE.fullmatch(text):
        raise _refuse("Date must be written YYYY-MM-DD, for example 2026-11-21.")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _refuse("Date must be a day that exists.") from None


def _serialize_date(value: object) -> str:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise _not_a("Date", value)
    return value.isoformat()


def _parse_local_time(text: str) -> time:
    expected = "LocalTime must be a wall-clock time HH:MM or HH:MM:SS from 00:00 to 23:59:59, for example 09:30."
    if not _LOCAL_TIME.fullmatch(text):
        raise _refuse(expected)
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise _refuse(expected) from None


def _serialize_local_time(value: object) -> str:
    if not isinstance(value, time):
        raise _not_a("LocalTime", value)
    if value.tzinfo is not None or value.microsecond:
        raise ValueError("LocalTime cannot represent a time with a time zone or fractions of a second.")
    return value.isoformat()


def _parse_time_zone(text: str) -> TimeZone:
    # A look-up in a set: no name that a client sends is ever looked for in the file system.
    if text not in _ZONES:
        raise _refuse('TimeZone must be an IANA time zone name, for example "Europe/Berlin".')
    return TimeZone(text)


def _parse_email_address(text: str) -> EmailAddress:
    if len(text) > _MAX_EMAIL:
        raise _refuse(f"EmailAddress must have at most {_MAX_EMAIL} characters.")
    try:
        # A "test environment" is one that allows .test, which nobody can own. Few servers know SMTPUTF8, which letters
        # beyond ASCII before the @ would need; after it they have a spelling in ASCII.
        found = validate_email(text, allow_smtputf8=False, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise _refuse(f"EmailAddress must be a valid e-mail address. {error}") from None
    return EmailAddress(found.normalized.lower())


def _serialize_email_address(value: object) -> str:
    # Not validated again: an address that was accepted under older rules must not make its owner unreadable.
    if not isinstance(value, str):
        raise _not_a("EmailAddress", value)
    if "@" not in value:
        raise ValueError("EmailAddress cannot represent a text without an @.")
    return value


def _parse_url(text: str) -> URL:
    if len(text) > _MAX_URL:
        raise _refuse(f"URL must have at most {_MAX_URL} characters.")
    if not _URL.fullmatch(text) or not _has_host(text):
        raise _refuse("URL must be absolute, with http or https, percent-encoded and without a user name.")
    return URL(text)


def _has_host(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.port != 0 and "@" not in parts.netloc and bool(_HOST.fullmatch(parts.hostname or ""))
    except ValueError:
        return False


def _parse_decimal(text: str) -> Decimal:
    if not _DECIMAL.fullmatch(text) or sum(map(str.isdigit, text)) > _MAX_DIGITS:
        raise _refuse(f'Decimal must be plain digits, at most {_MAX_DIGITS}, for example "12.50".')
    value = Decimal(text)
    return value or value.copy_abs()  # there is only one zero


def _serialize_decimal(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        raise _not_a("Decimal", value)
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError("Decimal cannot represent a value that is not finite.")
    if number.adjusted() >= _MAX_DIGITS or int(number.as_tuple().exponent) < -_MAX_DIGITS:
        raise ValueError(f"Decimal cannot represent more than {_MAX_DIGITS} digits on one side of the point.")
    return format(number, "f")


def _serialize_text(name: str, parse: Callable[[str], str]) -> Callable[[object], str]:
    """Hold what goes out to the rule for what comes in, as a fault of the server's own."""

    def serialize(value: object) -> str:
        if not isinstance(value, str):
            raise _not_a(name, value)
        try:
            return parse(value)
        except GraphQLError as error:
            raise ValueError(f"{name} cannot represent this text. {error.message}") from None

    return serialize


def _not_a(name: str, value: object) -> TypeError:
    return TypeError(f"{name} cannot represent a value of type {type(value).__name__}.")


def _text_scalar(
    name: str,
    description: str,
    serialize: Callable[[object], str],
    parse: Callable[[str], object],
    specified_by_url: str | None = None,
) -> ScalarDefinition:
    def parse_value(value: object) -> object:
        if not isinstance(value, str):
            raise _refuse(f"{name} must be a string.")
        return parse(value)

    # Without a parser of its own, graphql-core turns a literal into a Python value first and shows how that failed.
    def parse_literal(node: ValueNode, variables: object = None) -> object:
        return parse_value(node.value if isinstance(node, StringValueNode) else None)

    return strawberry.scalar(
        name=name,
        description=description,
        specified_by_url=specified_by_url,
        serialize=serialize,
        parse_value=parse_value,
        parse_literal=parse_literal,
    )


def _decimal_scalar() -> ScalarDefinition:
    def parse_value(value: object) -> object:
        if isinstance(value, int) and not isinstance(value, bool):
            # Python itself refuses to write numbers of several thousand digits.
            return _parse_decimal(str(value) if value.bit_length() < 4 * _MAX_DIGITS else "")
        if not isinstance(value, str):
            raise _refuse('Decimal must be a string such as "12.50", or a whole number.')
        return _parse_decimal(value)

    def parse_literal(node: ValueNode, variables: object = None) -> object:
        return parse_value(node.value if isinstance(node, StringValueNode | IntValueNode) else None)

    return strawberry.scalar(
        name="Decimal",
        description=(
            f'An exact decimal number of at most {_MAX_DIGITS} digits, written as a string of plain digits: "12.50". '
            "A whole number may also be given as one; a number with a point may not, it could be rounded on its way."
        ),
        specified_by_url="https://www.w3.org/TR/xmlschema11-2/#decimal",
        serialize=_serialize_decimal,
        parse_value=parse_value,
        parse_literal=parse_literal,
    )


# For `StrawberryConfig(scalar_map=SCALARS)`.
SCALARS: dict[object, ScalarDefinition] = {
    datetime: _text_scalar(
        "DateTime",
        "A moment, as RFC 3339 writes it. Answers are in UTC, with microseconds only where there are any: "
        "`2026-11-21T09:00:00Z`. What is given may have any offset, but must have one.",
        _serialize_date_time,
        _parse_date_time,
        "https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
    ),
    date: _text_scalar(
        "Date",
        "A day of the calendar, `YYYY-MM-DD`.",
        _serialize_date,
        _parse_date,
        "https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
    ),
    time: _text_scalar(
        "LocalTime",
        "A wall-clock time without a time zone, `HH:MM:SS`; `HH:MM` may be given.",
        _serialize_local_time,
        _parse_local_time,
        "https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
    ),
    TimeZone: _text_scalar(
        "TimeZone",
        "The name of a time zone in the IANA database, such as `Europe/Berlin`, spelt as it is there.",
        _serialize_text("TimeZone", _parse_time_zone),
        _parse_time_zone,
        "https://www.iana.org/time-zones",
    ),
    EmailAddress: _text_scalar(
        "EmailAddress",
        f"An e-mail address of at most {_MAX_EMAIL} characters, in lower case.",
        _serialize_email_address,
        _parse_email_address,
        "https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2",
    ),
    URL: _text_scalar(
        "URL",
        f"An absolute `http` or `https` URL of at most {_MAX_URL} characters, percent-encoded, without a user name.",
        _serialize_text("URL", _parse_url),
        _parse_url,
        "https://www.rfc-editor.org/rfc/rfc3986",
    ),
    Decimal: _decimal_scalar(),
}


# For each serializer the values that msgspec writes as it would: a Python condition on `{value}` and its names.
WRITTEN_AS_THEY_ARE: dict[Callable[..., object] | None, tuple[str, dict[str, object]]] = {
    _serialize_date_time: ("type({value}) is datetime and {value}.tzinfo is UTC", {"datetime": datetime, "UTC": UTC}),
    _serialize_date: ("type({value}) is date", {"date": date}),
    _serialize_local_time: (
        "type({value}) is time and {value}.tzinfo is None and not {value}.microsecond",
        {"time": time},
    ),
    _serialize_email_address: ("type({value}) is str and '@' in {value}", {}),
    SCALARS[TimeZone].serialize: ("type({value}) is str and {value} in zones", {"zones": _ZONES}),
}
