"""The mutations of notifications, with the kind of each of their fields."""

from typing import Any

from tests.api.mutation import Mutation, naming
from tests.api.values import BAD_CHOICES, BAD_CLOCKS, BAD_FLAGS, HUGE

CHANGE = {"kind": "SESSION_COMPLETED", "channel": "EMAIL", "isOn": False}
QUIET = {"from": "22:00", "until": "07:00"}


def _changes() -> list[Any]:
    """Not one of them, nor a list of them."""
    values = {"kind": [*BAD_CHOICES, None], "channel": [*BAD_CHOICES, None], "isOn": [*BAD_FLAGS, None]}
    wrong = [{**CHANGE, name: value} for name, values in values.items() for value in values]
    wrong += [{**CHANGE, "nonsense": "x"}, *({name: CHANGE[name]} for name in CHANGE), None, 5, "x"]
    return [*([CHANGE, each] for each in wrong), [CHANGE] * 101, 5, "x", [[CHANGE]], HUGE]


def _quiet() -> list[Any]:
    wrong = [{**QUIET, name: value} for name in QUIET for value in [*BAD_CLOCKS, None, 5, 1.5, True, [], {}]]
    return [*wrong, {**QUIET, "nonsense": "x"}, {"from": "22:00"}, {"until": "22:00"}, 5, "x", [QUIET], [], True, {}]


MUTATIONS = {
    "markNotificationRead": naming("coach", "id", "Notification"),
    "markAllNotificationsRead": Mutation(
        "coach", lambda world: {"until": "2026-03-02T09:00:00Z"}, times=("until",), required=("until",)
    ),
    "updateNotificationPreferences": Mutation(
        "coach",
        lambda world: {"changes": [CHANGE], "quietHours": QUIET},
        wrong={"changes": _changes(), "quietHours": _quiet()},
        never_null=("changes",),
    ),
    "resendDelivery": naming("admin", "id", "Delivery"),
}
