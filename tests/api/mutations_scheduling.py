"""Mutations of calendars that coaches keep elsewhere, with the kind of each field."""

from tests.api.mutation import Mutation, naming

MUTATIONS = {
    "addOutsideCalendar": Mutation(
        "admin",
        lambda world: {"url": "https://calendar.example/a.ics", "name": "Work", "coachId": world.ids["Coach"]},
        ids={"coachId": "Coach"},
        texts={"name": 80},
        urls=("url",),
        required=("url", "name"),
    ),
    "updateOutsideCalendar": Mutation(
        "coach",
        lambda world: {"id": world.ids["OutsideCalendar"], "name": "Other"},
        ids={"id": "OutsideCalendar"},
        texts={"name": 80},
        urls=("url",),
        required=("id",),
        never_null=("name", "url"),
    ),
    "refreshOutsideCalendar": naming("coach", "id", "OutsideCalendar"),
    "removeOutsideCalendar": naming("coach", "id", "OutsideCalendar"),
}
