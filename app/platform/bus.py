"""The bus between server processes: it hints at what changed, and tells a listener when hints may have been lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from weakref import WeakValueDictionary

from broadcaster import Broadcast, Event

from app.platform.redis_backend import RedisBackend
from app.platform.redis_link import Lost, Times

LOST: Final = None
"""Comes in place of a message: messages may have been lost, so read again."""


class _Mailbox(AsyncIterator[str | None]):
    """Holds one hint. Another one that finds it unread makes it LOST: neither can stand for both."""

    def __init__(self) -> None:
        self._hint: str | None = LOST
        self._filled = asyncio.Event()
        self._is_closed = False

    def put(self, hint: str | None) -> None:
        self._hint = LOST if self._filled.is_set() and hint != self._hint else hint
        self._filled.set()

    def close(self) -> None:
        self._is_closed = True
        self._filled.set()

    async def __anext__(self) -> str | None:
        await self._filled.wait()
        if self._is_closed:
            raise StopAsyncIteration
        self._filled.clear()
        return self._hint


class _Feed:
    """One channel's only subscription in this process, and the mailboxes that it fills."""

    def __init__(self, channel: str, turn: asyncio.Lock) -> None:
        self.channel, self.turn = channel, turn
        self.mailboxes: set[_Mailbox] = set()
        self.is_subscribed = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def end(self) -> None:
        # A feed that is not subscribed yet looks for itself: cancelled there, `broadcaster` would stay subscribed.
        if self.task is not None and self.is_subscribed.is_set():
            self.task.cancel()

    def deliver(self, event: Event) -> None:
        hint = LOST if isinstance(event, Lost) else event.message
        for mailbox in self.mailboxes:
            mailbox.put(hint)


class Bus:
    """Hints between server processes: at most once, no history; a listener is told when hints may have been lost."""

    def __init__(self, redis_url: str, times: Times = Times()) -> None:
        self._backend = RedisBackend(redis_url, times)
        self._broadcast = Broadcast(backend=self._backend)
        self._feeds: dict[str, _Feed] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._is_started = self._is_stopped = False

    @property
    def is_connected(self) -> bool:
        """Whether hints travel at this moment, both ways."""
        return self._backend.is_connected

    @property
    def nodes_away(self) -> list[str]:
        """Nodes of a Redis cluster that do not answer."""
        return self._backend.nodes_away

    async def start(self) -> None:
        """Never raises: without Redis it returns within a second, and goes on trying in the background."""
        await self._broadcast.connect()
        self._is_started = True

    async def stop(self) -> None:
        """Within a second; all iterators end. A bus that was stopped stays so."""
        if self._is_stopped:
            return
        self._is_stopped = True
        for feed in self._feeds.values():
            for mailbox in feed.mailboxes:
                mailbox.close()
        await (self._broadcast if self._is_started else self._backend).disconnect()
        for feed in self._feeds.values():
            feed.end()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def publish(self, channel: str, message: str) -> None:
        """Best effort: never raises, returns within a second. An empty message reaches the listeners as LOST."""
        await self._backend.publish(channel, message)

    @asynccontextmanager
    async def listen(self, channel: str) -> AsyncIterator[AsyncIterator[str | None]]:
        """What is read inside the block misses nothing: it is followed by every later hint, or by LOST in their place.

        A listener that is slow finds one item, LOST if it stands for several. With Redis away the block is entered at
        once, and LOST comes when Redis does.
        """
        mailbox = _Mailbox()
        if self._is_stopped:
            mailbox.close()
            yield mailbox
            return
        feed = self._join(channel, mailbox)
        try:
            await feed.is_subscribed.wait()
            yield mailbox
        finally:
            self._leave(feed, mailbox)

    # Joining and leaving await nothing: no two first listeners can race, and leaving works in a cancelled task.

    def _join(self, channel: str, mailbox: _Mailbox) -> _Feed:
        feed = self._feeds.get(channel)
        if feed is None:
            turn = self._turns.setdefault(channel, asyncio.Lock())
            feed = self._feeds[channel] = _Feed(channel, turn)
            feed.task = asyncio.create_task(self._carry(feed))
            self._tasks.add(feed.task)
            feed.task.add_done_callback(self._tasks.discard)
        feed.mailboxes.add(mailbox)
        return feed

    def _leave(self, feed: _Feed, mailbox: _Mailbox) -> None:
        feed.mailboxes.discard(mailbox)
        if not feed.mailboxes:
            del self._feeds[feed.channel]
            feed.end()

    async def _carry(self, feed: _Feed) -> None:
        """Runs as long as somebody listens, after an earlier feed of the channel has left it."""
        try:
            async with feed.turn, self._broadcast.subscribe(feed.channel) as events:
                feed.is_subscribed.set()
                while feed.mailboxes and not self._is_stopped:
                    feed.deliver(await events.get())
        finally:
            feed.is_subscribed.set()
