"""The mutations of the background's jobs."""

from tests.api.mutation import Mutation, naming

MUTATIONS = {
    "retryJob": naming("admin", "id", "Job"),
    "dropJob": Mutation("admin", lambda world: {"id": world.spare_job}, ids={"id": "Job"}, required=("id",)),
}
