"""Input that is checked before any rule sees it: a wrong field becomes `InvalidInput`, named as clients name it."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Self
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from app.problems import InvalidInput

_FIRST, _LAST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_ZONES = frozenset(available_timezones()) - {"localtime", "posixrules", "Factory"}


class Form(BaseModel):
    """Base of all forms; fields that were not given stay out of `given()`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def read(cls, **values: Any) -> Self:
        """Raises `InvalidInput` for the first field that is wrong."""
        try:
            return cls(**values)
        except ValidationError as refused:
            error = refused.errors(include_url=False, include_input=False, include_context=False)[0]
            path = [to_camel(part.rstrip("_")) if isinstance(part, str) else str(part) for part in error["loc"]]
            raise InvalidInput(".".join(path) or "input", error["msg"].removeprefix("Value error, ")) from None

    def given(self) -> dict[str, Any]:
        return self.model_dump(exclude_unset=True)


def _storable(value: str) -> str:
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("holds a character that cannot be stored")
    return value


def _known_zone(value: str) -> str:
    if value not in _ZONES:
        raise ValueError("is not the name of a time zone; one looks like Europe/London")
    return value


def _mailable(value: str) -> str:
    try:
        return validate_email(value, check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError:
        raise ValueError("is not an e-mail address") from None


def _within_reason(value: datetime) -> datetime:
    if not _FIRST <= value <= _LAST:
        raise ValueError("must lie between the years 1970 and 2200")
    return value.astimezone(UTC)


def _within_lifetimes(value: date) -> date:
    if not 1900 <= value.year <= 2200:
        raise ValueError("must lie between the years 1900 and 2200")
    return value


def text(longest: int, shortest: int = 1) -> Any:
    """A string without white space around it, `shortest` to `longest` characters long."""
    limits = StringConstraints(strip_whitespace=True, min_length=shortest, max_length=longest)
    return Annotated[str, limits, AfterValidator(_storable)]


def prose(longest: int) -> Any:
    """A text as it was typed, white space and all; it may be empty."""
    return Annotated[str, StringConstraints(max_length=longest), AfterValidator(_storable)]


def between(low: int, high: int) -> Any:
    """A whole number from `low` to `high`, both included."""
    return Annotated[int, Field(ge=low, le=high)]


Name = text(80)
Line = text(200)
Zone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_known_zone)]
Email = Annotated[str, StringConstraints(max_length=254), AfterValidator(_mailable)]
Password = Annotated[str, StringConstraints(min_length=10, max_length=256), AfterValidator(_storable)]
Instant = Annotated[AwareDatetime, AfterValidator(_within_reason)]
Day = Annotated[date, AfterValidator(_within_lifetimes)]
IdempotencyKey = text(200)
