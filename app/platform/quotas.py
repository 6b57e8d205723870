"""How often in an hour one user may have something done that leaves the house."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Protocol

from app.platform.settings import Settings


class Quota(StrEnum):
    MESSAGES = "MESSAGES"
    WEBHOOK_TESTS = "WEBHOOK_TESTS"
    CALENDAR_FETCHES = "CALENDAR_FETCHES"


Quotas = Mapping[Quota, int]


def quotas(settings: Settings) -> Quotas:
    return {
        Quota.MESSAGES: settings.messages_per_hour,
        Quota.WEBHOOK_TESTS: settings.webhook_tests_per_hour,
        Quota.CALENDAR_FETCHES: settings.calendar_fetches_per_hour,
    }


class Carrier(Protocol):
    @property
    def info(self) -> dict[Any, Any]: ...


def quotas_of(db: Carrier) -> Quotas:
    """The quotas that a transaction carries."""
    found: Quotas = db.info["quotas"]
    return found
