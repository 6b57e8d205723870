"""Slots, availability and booking."""

from app.resolvers.scheduling.availability import Mutation as AvailabilityMutation
from app.resolvers.scheduling.booking import Mutation as BookingMutation
from app.resolvers.scheduling.holds import Mutation as HoldMutation
from app.resolvers.scheduling.holds import Query as HoldQuery
from app.resolvers.scheduling.holds import Subscription as WaitingSubscription
from app.resolvers.scheduling.outside_calendars import Mutation as OutsideCalendarMutation
from app.resolvers.scheduling.outside_calendars import Query as OutsideCalendarQuery
from app.resolvers.scheduling.series import Mutation as SeriesMutation
from app.resolvers.scheduling.series import Query as SeriesQuery
from app.resolvers.scheduling.slot_wide import Mutation as SlotMutation
from app.resolvers.scheduling.slots import Query, Subscription

__all__ = [
    "AvailabilityMutation",
    "BookingMutation",
    "HoldMutation",
    "HoldQuery",
    "OutsideCalendarMutation",
    "OutsideCalendarQuery",
    "Query",
    "SeriesMutation",
    "SeriesQuery",
    "SlotMutation",
    "Subscription",
    "WaitingSubscription",
]
