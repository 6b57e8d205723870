"""Rows of the access table for deliveries."""

from tests.house.rows import ADMINS, LOGIN, Row, given, inputs, its

NODES = {"Delivery": LOGIN}
ROWS = {
    "Query.deliveries": Row(LOGIN, given(), ("notifications:manage",), ADMINS),
    "Mutation.resendDelivery": Row(LOGIN, inputs(id=its("Delivery")), ("notifications:manage",), ADMINS),
}
