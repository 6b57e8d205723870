"""What each scalar takes, what it gives, and how it refuses the rest."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import strawberry
from graphql import GraphQLError, GraphQLScalarType
from hypothesis import given, settings
from hypothesis import strategies as st
from strawberry.schema.config import StrawberryConfig

from app.wire.scalars import SCALARS, URL, Date, DateTime, EmailAddress, LocalTime, TimeZone

TAKEN: list[Any] = []


@strawberry.input
class Given:
    date_time: datetime | None = None
    date: Date | None = None
    local_time: time | None = None
    time_zone: TimeZone | None = None
    email_address: EmailAddress | None = None
    url: URL | None = None
    decimal: Decimal | None = None


@strawberry.type
class Shown:
    date_time: DateTime | None = None
    date: date | None = None
    local_time: LocalTime | None = None
    time_zone: TimeZone | None = None
    email_address: EmailAddress | None = None
    url: URL | None = None
    decimal: Decimal | None = None


@strawberry.type
class Query:
    @strawberry.field
    def take(self, given: Given, zone: TimeZone = TimeZone("Europe/Berlin"), price: Decimal = Decimal("1.50")) -> str:
        TAKEN.append(given)
        return f"{zone} {price}"

    @strawberry.field
    def show(self, root: strawberry.Parent[Any]) -> Shown:
        return Shown(**root)


SCHEMA = strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS, auto_camel_case=False))

NAMES = ["DateTime", "Date", "LocalTime", "TimeZone", "EmailAddress", "URL", "Decimal"]
FIELDS = dict(zip(NAMES, Given.__annotations__, strict=True))


def read(name: str, value: object) -> Any:
    """What a resolver receives for `value`, given as a variable and again as a literal."""
    TAKEN.clear()
    by_variable = SCHEMA.execute_sync("query ($v: Given!) { take(given: $v) }", {"v": {FIELDS[name]: value}})
    assert by_variable.errors is None, by_variable.errors
    by_literal = SCHEMA.execute_sync(f"{{ take(given: {{{FIELDS[name]}: {json.dumps(value)}}}) }}")
    assert by_literal.errors is None, by_literal.errors
    first, second = (getattr(each, FIELDS[name]) for each in TAKEN)
    assert first == second
    return first


def refused(name: str, value: object) -> str:
    """The message that refuses `value`, the same for a variable and a literal but for the name of the variable."""
    TAKEN.clear()
    by_variable = SCHEMA.execute_sync("query ($v: Given!) { take(given: $v) }", {"v": {FIELDS[name]: value}})
    by_literal = SCHEMA.execute_sync(f"{{ take(given: {{{FIELDS[name]}: {json.dumps(value)}}}) }}")
    assert by_variable.errors is not None
    assert by_literal.errors is not None
    (first,), (second,) = by_variable.errors, by_literal.errors
    assert TAKEN == []
    assert first.message == f"Variable '$v' has invalid value at .{FIELDS[name]}: {second.message}"
    assert first.extensions == second.extensions == {"code": "BAD_USER_INPUT", "status": 400}
    assert name in second.message
    assert len(second.message) < 400
    return second.message


def write(name: str, value: object) -> Any:
    result = SCHEMA.execute_sync(f"{{ show {{ {FIELDS[name]} }} }}", root_value={FIELDS[name]: value})
    if result.errors:
        assert isinstance(result.errors[0].original_error, TypeError | ValueError)
        raise result.errors[0].original_error
    assert result.data is not None
    return result.data["show"][FIELDS[name]]


def scalar(name: str) -> GraphQLScalarType:
    found = SCHEMA._schema.type_map[name]
    assert isinstance(found, GraphQLScalarType)
    return found


@pytest.mark.parametrize("name", FIELDS)
def test_a_scalar_is_described(name: str) -> None:
    assert scalar(name).description


@pytest.mark.parametrize("name", FIELDS)
def test_a_scalar_names_its_specification(name: str) -> None:
    assert str(scalar(name).specified_by_url).startswith("https://")


def test_scalars_serve_as_defaults_and_in_the_printed_schema() -> None:
    printed = SCHEMA.as_str()

    assert 'zone: TimeZone! = "Europe/Berlin", price: Decimal! = "1.50"' in printed
    assert 'scalar DateTime @specifiedBy(url: "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")' in printed
    assert SCHEMA.execute_sync("{ take(given: {}) }").data == {"take": "Europe/Berlin 1.50"}


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("value", [True, 1.5, {}, ["a", "b"], "", "x" * 10_000, " ", "\u0000", "\ud7ff\U0001f642"])
def test_nonsense_is_refused(name: str, value: object) -> None:
    refused(name, value)


@pytest.mark.parametrize("name", sorted(FIELDS.keys() - {"Decimal"}))
def test_a_number_is_no_text(name: str) -> None:
    assert refused(name, 20261121) == f"{name} must be a string."
    assert refused(name, 10**4_000) == f"{name} must be a string."


@pytest.mark.parametrize("name", FIELDS)
def test_null_stays_null(name: str) -> None:
    assert read(name, None) is None
    assert write(name, None) is None


@pytest.mark.parametrize("name", FIELDS)
@settings(max_examples=40, deadline=None)
@given(value=st.text(max_size=30) | st.from_regex(r"[0-9:.TZ+-]{1,25}") | st.from_regex(r"[a-z@.:/%\[\]]{1,25}"))
def test_any_text_is_taken_or_refused_and_what_is_taken_can_be_given(name: str, value: str) -> None:
    type_ = scalar(name)
    try:
        taken = type_.coerce_input_value(value)
    except GraphQLError:
        return
    assert type_.coerce_input_value(type_.coerce_output_value(taken)) == taken


@pytest.mark.parametrize(
    ("name", "value", "taken"),
    [
        ("DateTime", "2026-11-21T09:00:00Z", datetime(2026, 11, 21, 9, tzinfo=UTC)),
        ("DateTime", "2026-11-21T09:00:00+02:00", datetime(2026, 11, 21, 7, tzinfo=UTC)),
        ("DateTime", "2026-11-21T23:30:00.5-09:30", datetime(2026, 11, 22, 9, 0, 0, 500_000, tzinfo=UTC)),
        ("DateTime", "2026-11-21t09:00:00.123456z", datetime(2026, 11, 21, 9, 0, 0, 123_456, tzinfo=UTC)),
        ("Date", "2024-02-29", date(2024, 2, 29)),
        ("LocalTime", "09:30", time(9, 30)),
        ("LocalTime", "23:59:59", time(23, 59, 59)),
        ("TimeZone", "Europe/Berlin", "Europe/Berlin"),
        ("TimeZone", "America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("TimeZone", "UTC", "UTC"),
        ("EmailAddress", "Ada.Lovelace+News@Example.COM", "ada.lovelace+news@example.com"),
        ("EmailAddress", "coach@rapport.test", "coach@rapport.test"),
        ("EmailAddress", "ada@Bücher.example", "ada@bücher.example"),
        ("URL", "https://example.com", "https://example.com"),
        ("URL", "HTTP://localhost:8000/a%20b?c=d&e[]=f#g", "HTTP://localhost:8000/a%20b?c=d&e[]=f#g"),
        ("URL", "https://[2001:db8::1]:8443/", "https://[2001:db8::1]:8443/"),
        ("URL", "https://example.com/" + "x" * 2_028, "https://example.com/" + "x" * 2_028),
        ("Decimal", "12.50", Decimal("12.50")),
        ("Decimal", "-0.10", Decimal("-0.10")),
        ("Decimal", 12, Decimal(12)),
        ("Decimal", "9" * 38, Decimal("9" * 38)),
        ("Decimal", -(10**37), Decimal(-(10**37))),
    ],
)
def test_what_is_taken(name: str, value: object, taken: object) -> None:
    found = read(name, value)

    assert (found, type(found), str(found)) == (taken, type(taken), str(taken))


REFUSED: dict[tuple[str, str], list[object]] = {
    ("DateTime", "must be RFC 3339 with an offset, for example 2026-11-21T09:00:00Z"): [
        *("2026-11-21T09:00:00", "2026-11-21", "2026-11-21 09:00:00Z", "2026-11-21T09:00Z", "2026-W47-6T09:00:00Z"),
        *("2026-11-21T09:00:00+0200", "2026-11-21T09:00:00+02:60", "2026-11-21T09:00:00.1234567Z"),
        *("٢٠٢٦-11-21T09:00:00Z", "2026-11-21T09:00:00Z\n"),
    ],
    ("DateTime", "must be a moment that exists, in the years 0001 to 9999 and without leap seconds"): [
        *("2026-02-29T09:00:00Z", "2026-11-21T24:00:00Z", "2026-12-31T23:59:60Z", "2026-11-21T09:00:00+24:00"),
        *("0000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"),
    ],
    ("Date", "YYYY-MM-DD"): ["2026-11-21T00:00:00Z", "20261121", "2026-1-1", "2026-W47-6"],
    ("Date", "a day that exists"): ["2026-02-29", "0000-01-01"],
    ("LocalTime", "HH:MM or HH:MM:SS from 00:00 to 23:59:59"): [
        *("9:30", "24:00", "23:59:60", "09:30:00.5", "09:30Z", "09:30+01:00", "T09:30", "0930"),
    ],
    ("TimeZone", "IANA"): [
        *("europe/berlin", "Europe/Berlin ", "Europe", "localtime", "posixrules", "Factory", "+02:00"),
        *("../../etc/passwd", "/usr/share/zoneinfo/Europe/Berlin", "Europe/../Europe/Berlin"),
    ],
    ("EmailAddress", "must be a valid e-mail address"): [
        *("ada", "ada@localhost", "Ada <ada@example.com>", "ada@example.com\nBcc: eve@example.com"),
        *("ädä@example.com", "\u202eada@example.com"),
    ],
    ("EmailAddress", "at most 254 characters"): ["ada@" + "x" * 250 + ".com"],
    ("URL", "must be absolute, with http or https"): [
        *("example.com", "//example.com/a", "ftp://example.com", "javascript:alert(1)", " https://example.com/"),
        *("https://", "https:///a", "https://?a", "https://.example.com", "https://[::1/", "https://a:99999/"),
    ],
    ("URL", "percent-encoded and without a user name"): [
        *("https://example.com@evil.example/", "https://a:b@example.com/", "https://example.com\\@evil.example/"),
        *("https://a.example/b c", "https://exa\tmple.com/", "https://a.example/%zz", "https://bücher.example/"),
    ],
    ("URL", "at most 2048 characters"): ["https://example.com/" + "x" * 2_029],
    ("Decimal", 'a string such as "12.50", or a whole number'): [12.5],
    ("Decimal", "plain digits, at most 38"): [
        *("NaN", "-Infinity", "1e3", "1_000", "1,5", "+1", "007", ".5", "5.", "٣", "1" * 39, "0." + "0" * 38),
        *(10**38, 10**400),
    ],
}


@pytest.mark.parametrize(("name", "why", "value"), [(*key, each) for key, values in REFUSED.items() for each in values])
def test_what_is_refused_and_why(name: str, why: str, value: object) -> None:
    assert why in refused(name, value)


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("DateTime", datetime(2026, 11, 21, 10, tzinfo=timezone(timedelta(hours=1))), "2026-11-21T09:00:00Z"),
        ("DateTime", datetime(2026, 11, 21, 9, 0, 0, 1_000, tzinfo=UTC), "2026-11-21T09:00:00.001000Z"),
        ("DateTime", datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
        ("Date", date(2026, 11, 21), "2026-11-21"),
        ("LocalTime", time(9, 30), "09:30:00"),
        ("TimeZone", "Europe/Berlin", "Europe/Berlin"),
        ("EmailAddress", "ada@example.com", "ada@example.com"),
        ("URL", "https://example.com/", "https://example.com/"),
        ("Decimal", Decimal("12.50"), "12.50"),
        ("Decimal", Decimal("1E+3"), "1000"),
        ("Decimal", Decimal("1E-7"), "0.0000001"),
        ("Decimal", 12, "12"),
    ],
)
def test_what_is_answered(name: str, value: object, written: str) -> None:
    assert write(name, value) == written


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        *((name, object(), f"{name} cannot represent a value of type object.") for name in FIELDS),
        ("DateTime", datetime(2026, 11, 21, 9), "without a time zone"),  # noqa: DTZ001
        ("DateTime", datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))), "outside the years"),
        ("DateTime", date(2026, 11, 21), "type date"),
        ("Date", datetime(2026, 11, 21, tzinfo=UTC), "type datetime"),
        ("LocalTime", time(9, 30, tzinfo=UTC), "time zone"),
        ("LocalTime", time(9, 30, 0, 1), "fractions of a second"),
        ("TimeZone", "Atlantis/Port", "IANA"),
        ("EmailAddress", "ada", "without an @"),
        ("URL", "javascript:alert(1)", "http or https"),
        ("Decimal", 12.5, "type float"),
        ("Decimal", True, "type bool"),
        ("Decimal", Decimal("NaN"), "not finite"),
        ("Decimal", Decimal("Infinity"), "not finite"),
        ("Decimal", Decimal("1E+38"), "more than 38 digits"),
        ("Decimal", Decimal("1E-1000000"), "more than 38 digits"),
    ],
)
def test_what_is_never_answered_and_why(name: str, value: object, why: str) -> None:
    with pytest.raises((TypeError, ValueError), match=why):
        write(name, value)


@settings(max_examples=50, deadline=None)
@given(st.datetimes(timezones=st.timezones(), min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1)))  # noqa: DTZ001
def test_a_moment_is_written_in_utc_and_comes_back_as_it_was(moment: datetime) -> None:
    text = scalar("DateTime").coerce_output_value(moment)

    assert text.endswith("Z")
    assert ("." in text) == bool(moment.microsecond)
    assert scalar("DateTime").coerce_input_value(text) == moment.astimezone(UTC)


@settings(max_examples=50, deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**18), max_value=10**18, places=9))
def test_a_decimal_comes_back_with_every_digit(number: Decimal) -> None:
    text = scalar("Decimal").coerce_output_value(number)

    assert text == format(number, "f")
    assert scalar("Decimal").coerce_input_value(text).as_tuple() == (number or abs(number)).as_tuple()
