"""Redis as the transport of `broadcaster`: it finds back by itself, and says when messages may have been lost."""

import asyncio
import itertools
import random
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import uuid4

import structlog
from broadcaster import BroadcastBackend, Event

from app.platform.redis_layout import ALONE, Entrance, Layout, Node
from app.platform.redis_link import PLAIN, SHARDED, Channels, Debts, NodeLink, Surroundings, Times

log = structlog.get_logger(__name__)


class RedisBackend(BroadcastBackend):
    """A link to the one server, or to each node of a cluster that has slots.

    Redis is asked which it is, first and whenever a link is lost or is told that a slot has moved; links find back to
    their nodes meanwhile. A channel is either at the link of its slot's owner, or homeless until there is one.
    """

    def __init__(self, urls: str, times: Times = Times()) -> None:
        self._times, self._entrance = times, Entrance(urls)
        self._layout: Layout | None = None  # None until Redis was asked
        self._links: dict[Node, NodeLink] = {}
        self._homeless: Channels = {}
        self._owed = Debts()  # of channels without a link
        self._events: asyncio.Queue[Event] = asyncio.Queue(maxsize=100)
        self._in_doubt, self._settled = asyncio.Event(), asyncio.Event()
        self._surveying: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    @property
    def is_connected(self) -> bool:
        links = self._links.values()
        return bool(links) and not self._homeless and all(link.is_connected for link in links)

    @property
    def nodes_away(self) -> list[str]:
        """Of a cluster."""
        return sorted(link.name for node, link in self._links.items() if node != ALONE and not link.is_connected)

    async def connect(self) -> None:
        """Returns when it is known whether Redis is there; if it is not, attempts go on."""
        self._in_doubt.set()
        self._surveying = asyncio.create_task(self._keep_surveying())
        with suppress(TimeoutError):
            async with asyncio.timeout(self._times.answer):
                await self._settled.wait()

    async def disconnect(self) -> None:
        if self._surveying is not None:
            self._surveying.cancel()
            await asyncio.gather(self._surveying, return_exceptions=True)
        for link in self._links.values():
            self._leave(link)
        for waiting in self._homeless.values():
            if not waiting.done():
                waiting.set_result(None)
        await asyncio.gather(*self._leaving)
        await asyncio.sleep(0)  # a transport closes in the next round of the loop

    async def subscribe(self, group: str) -> None:
        """Returns when Redis confirms it, or without while Redis is away: then `Lost` follows the confirmation."""
        waiting = asyncio.get_running_loop().create_future()
        link = self._link_of(group)
        if link is None:
            self._hand_back({group: waiting})
        else:
            link.channels[group] = waiting
            with suppress(Exception):
                async with asyncio.timeout(self._times.answer):
                    await link.ask_for([group])
                    if link.is_connected:
                        await waiting
        waiting.cancel()

    async def unsubscribe(self, group: str) -> None:
        self._homeless.pop(group, None)
        link = self._link_of(group)
        if link is not None and link.channels.pop(group, None) is not None:
            await link.give_up([group])

    async def publish(self, channel: str, message: Any) -> None:
        """Never raises; what cannot be sent now is owed."""
        link = self._link_of(channel)
        if link is None:
            self._owed.add(channel)
        else:
            await link.publish(channel, message)

    async def next_published(self) -> Event:
        return await self._events.get()

    def _link_of(self, channel: str) -> NodeLink | None:
        owner = self._layout.owner(channel) if self._layout is not None else None
        return self._links.get(owner) if owner is not None else None

    def _hand_back(self, channels: Channels) -> None:
        self._homeless |= channels
        self._in_doubt.set()

    async def _keep_surveying(self) -> None:
        pause = self._times.first_pause
        while True:
            await self._in_doubt.wait()
            self._in_doubt.clear()
            try:
                layout = await self._entrance.survey(self._links, self._times.answer)
                if layout != self._layout:
                    self._adopt(layout)
                await self._place_the_homeless()
                if not self._settled.is_set():
                    await asyncio.gather(*(link.settled.wait() for link in self._links.values()))
            except Exception as failure:  # anything: the bus has to come back, whatever redis-py runs into
                if not self._settled.is_set():
                    log.warning("Redis is out of reach", reason=f"{type(failure).__name__}: {failure}")
            self._settled.set()
            await asyncio.sleep(pause * random.uniform(0.5, 1))
            pause = min(2 * pause, self._times.longest_pause)
            if self.is_connected:
                pause = self._times.first_pause
            else:
                self._in_doubt.set()

    def _adopt(self, layout: Layout) -> None:
        if layout.is_cluster:
            log.info("Redis is a cluster", nodes=[str(node) for node in layout.nodes])
        before = self._links
        # A heartbeat cannot go on in another one's slot.
        kept = {node: link for node, link in before.items() if layout.owner(link.pulse) == node}
        links = {node: kept.get(node) or self._new_link(node, layout) for node in layout.nodes}
        self._links, self._layout = links, layout
        owing = [self._owed]
        for node, link in before.items():
            moved = [channel for channel in link.channels if layout.owner(channel) != node or node not in kept]
            self._homeless |= {channel: link.channels.pop(channel) for channel in moved}
            owing.append(link.owed)
            if node not in kept:
                self._leave(link)
        for channel in [channel for debts in owing for channel in debts.take()]:
            its_link = self._link_of(channel)
            (its_link.owed if its_link is not None else self._owed).add(channel)

    async def _place_the_homeless(self) -> None:
        homeless, self._homeless = self._homeless, {}
        placed: dict[NodeLink, list[str]] = {}
        for channel, waiting in homeless.items():
            link = self._link_of(channel)
            if link is None:
                self._homeless[channel] = waiting
            else:
                link.channels[channel] = waiting
                placed.setdefault(link, []).append(channel)
        for link in self._links.values():
            link.pay()
        # A link that cannot ask now has been lost, and asks again when it is back.
        await asyncio.gather(*(link.ask_for(them) for link, them in placed.items()), return_exceptions=True)

    def _new_link(self, node: Node, layout: Layout) -> NodeLink:
        pulses = (f"heartbeat:{uuid4().hex}:{number}" for number in itertools.count())
        pulse = next(pulse for pulse in pulses if layout.owner(pulse) == node)
        commands = SHARDED if layout.is_cluster else PLAIN
        around = Surroundings(self._times, commands, self._events, self._in_doubt.set, self._hand_back)
        return NodeLink(str(node) if node != ALONE else "", partial(self._entrance.connection, node), pulse, around)

    def _leave(self, link: NodeLink) -> None:
        task = asyncio.create_task(link.stop())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)
