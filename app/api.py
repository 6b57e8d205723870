"""The schema: a table of contents. Every operation comes from its area's resolvers; nothing is decided here."""

from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from app.resolvers import coaches, identity, members, nodes, scheduling, sessions
from app.schema.problems import SHOWN_AS, handlers
from app.wire.errors import MaskErrors, QuietSchema
from app.wire.limits import QueryLimits
from app.wire.scalars import SCALARS

Query = merge_types(
    "Query",
    (
        nodes.Query,  # node, nodes
        identity.Query,  # viewer
        coaches.Query,  # coaches, coach
        members.Query,  # members, member
        sessions.Query,  # sessions, session
        scheduling.Query,  # availableSlots, nextAvailableSlot, explainSlot
    ),
)
Mutation = merge_types(
    "Mutation",
    (
        identity.Mutation,  # signUp, logIn, refreshSession, logOut
        coaches.Mutation,  # createCoach, updateCoach
        members.Mutation,  # updateMember, assignCoach
        scheduling.AvailabilityMutation,  # add, update, remove AvailabilityWindow; add, remove TimeOff
        scheduling.BookingMutation,  # bookSession, cancelSession, rescheduleSession
    ),
)
Subscription = merge_types("Subscription", (scheduling.Subscription,))  # slotAvailability

schema = QuietSchema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=list(SHOWN_AS.values()),
    config=StrawberryConfig(scalar_map=SCALARS),
    # The limits come last: they are asked first, and cut the errors before the others log them.
    extensions=[MaskErrors, QueryLimits],
    exception_handlers=handlers(),
)
