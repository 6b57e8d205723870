"""The mutations of calendar feeds."""

from tests.api.mutation import Mutation, naming

MUTATIONS = {
    "createCalendarFeed": Mutation("coach", lambda world: {"name": "Phone"}, texts={"name": 80}, required=("name",)),
    "revokeCalendarFeed": naming("coach", "id", "CalendarFeed"),
}
