"""Who has a channel, and how a node of a cluster is reached."""

import pytest
from redis.asyncio import Connection, SSLConnection, UnixDomainSocketConnection

from app.platform.redis_layout import ALONE, Entrance, Layout, Node, Share, slot_of

ONE, TWO = Node("one", 6379), Node("two", 6380)
LAST = 16_383


def test_one_server_has_every_channel() -> None:
    assert Layout().nodes == [ALONE]
    assert {Layout().owner(channel) for channel in "abc"} == {ALONE}
    assert not Layout().is_cluster


def test_a_channel_is_at_the_node_of_its_slot_up_to_both_ends_of_a_share() -> None:
    slot = slot_of("a")

    assert Layout((Share(0, slot, ONE), Share(slot + 1, LAST, TWO))).owner("a") == ONE
    assert Layout((Share(0, slot - 1, ONE), Share(slot, LAST, TWO))).owner("a") == TWO
    assert Layout((Share(0, slot - 1, ONE), Share(slot, slot, TWO), Share(slot + 1, LAST, ONE))).nodes == [ONE, TWO]


def test_a_slot_that_nobody_has_has_no_owner() -> None:
    slot = slot_of("a")

    assert Layout((Share(0, slot - 1, ONE), Share(slot + 1, LAST, TWO))).owner("a") is None
    assert Layout((Share(slot + 1, LAST, TWO),)).owner("a") is None


@pytest.mark.parametrize(
    ("url", "kind"),
    [("redis://ada:s%2C3cret@one:6379", Connection), ("rediss://ada:s%2C3cret@one:6379", SSLConnection)],
)
def test_a_node_is_reached_in_the_way_of_the_first_url(url: str, kind: type[Connection]) -> None:
    connection = Entrance(f"{url},redis://three:6379").connection(TWO)

    assert type(connection) is kind
    assert (connection.host, connection.port) == TWO
    assert (connection.username, connection.password) == ("ada", "s,3cret")


def test_nodes_of_a_cluster_that_was_entered_by_a_unix_socket_have_ports() -> None:
    entrance = Entrance("unix:///tmp/redis.sock")

    assert type(entrance.connection(ALONE)) is UnixDomainSocketConnection
    assert type(entrance.connection(TWO)) is Connection
