"""The mutations of breakthroughs, with the kind of each of their fields."""

from tests.api.mutation import Mutation, naming

MUTATIONS = {
    "confirmBreakthrough": naming("coach", "id", "Breakthrough"),
    "dismissBreakthrough": Mutation(
        "coach", lambda world: {"id": world.spare_breakthrough}, ids={"id": "Breakthrough"}, required=("id",)
    ),
}
