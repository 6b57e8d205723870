"""Rows of the access table for deliveries."""

from tests.house.access import ADMINS, LOGIN, Row, given, inputs, its

ACCESS_OF_DELIVERIES = {
    "Query.deliveries": Row(LOGIN, given(), ("notifications:manage",), ADMINS),
    "Mutation.sendAgain": Row(LOGIN, inputs(deliveryId=its("Delivery")), ("notifications:manage",), ADMINS),
}
