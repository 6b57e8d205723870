"""Redis as the transport of `broadcaster`: it finds back by itself, and says when messages may have been lost."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import structlog
from broadcaster import BroadcastBackend, Event
from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError

log = structlog.get_logger(__name__)

_READ_AGAIN = ""  # sent, it is Lost to whoever hears it
_MOST_OWED = _MOST_IN_FLIGHT = 1_000


@dataclass(frozen=True, slots=True)
class Times:
    """How patient the bus is, in seconds."""

    answer: float = 1.0  # the longest wait for Redis, and so for anything that a caller waits for
    heartbeat: float = 2.0
    silence: float = 6.0  # a connection on which not even a heartbeat came for so long is dropped
    first_pause: float = 0.1  # between two attempts to connect; it doubles
    longest_pause: float = 2.0


class Lost(Event):
    """Messages on this channel may have been lost."""


class RedisBackend(BroadcastBackend):
    """Two plain connections, one listening and one publishing; none of redis-py's clients, which reconnect silently.

    "Connected" means that a heartbeat of our own went out on the one and came in on the other since the last failure:
    redis-py would wait in a black hole for ever.
    """

    def __init__(self, url: str, times: Times = Times()) -> None:
        self._times = times
        self._listener, self._publisher = _connection(url), _connection(url)
        self._is_open = False  # the listening connection is through with its greeting
        self._is_connected: bool | None = None  # None until the first attempt has ended
        self._is_publisher_stale = self._is_stopped = False
        self._settled, self._wake_heart = asyncio.Event(), asyncio.Event()
        self._publishing, self._in_flight = asyncio.Lock(), 0
        self._pulse = f"heartbeat:{uuid4().hex}"
        self._pause = times.first_pause
        # Every channel that is wanted, with what its `subscribe` waits for: done as soon as that has returned.
        self._channels: dict[str, asyncio.Future[None]] = {}
        self._owed: dict[str, None] = {}  # channels with hints unsent; the longest owed is forgotten first
        self._events: asyncio.Queue[Event] = asyncio.Queue(maxsize=100)
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def is_connected(self) -> bool:
        return self._is_connected is True

    async def connect(self) -> None:
        """Returns when it is known whether Redis is there; if it is not, attempts go on."""
        self._tasks = [asyncio.create_task(self._keep_listening()), asyncio.create_task(self._keep_beating())]
        with suppress(TimeoutError):
            async with asyncio.timeout(self._times.answer):
                await self._settled.wait()

    async def disconnect(self) -> None:
        self._is_stopped, self._is_connected = True, False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._hang_up()
        with suppress(TimeoutError):  # one held up in a black hole sees that we have stopped, and hangs up itself
            async with asyncio.timeout(self._times.answer / 4), self._publishing:
                await self._publisher.disconnect(nowait=True)
        await asyncio.sleep(0)  # a transport closes in the next round of the loop

    async def subscribe(self, group: str) -> None:
        """Returns when Redis confirms it, or without while Redis is away: then `Lost` follows the confirmation."""
        confirmed = self._channels[group] = asyncio.get_running_loop().create_future()
        with suppress(Exception):
            async with asyncio.timeout(self._times.answer):
                await self._ask("SUBSCRIBE", group)
                if self.is_connected:
                    await confirmed
        confirmed.cancel()

    async def unsubscribe(self, group: str) -> None:
        self._channels.pop(group, None)
        with suppress(Exception):  # sent in vain it drops the connection, and the subscription with it
            await self._ask("UNSUBSCRIBE", group)

    async def publish(self, channel: str, message: Any) -> None:
        """Never raises. While Redis is away it returns at once, and the channel's listeners are told to read again
        when we are back: other processes may be back before us, and do not know what we could not send."""
        if not self.is_connected or self._in_flight >= _MOST_IN_FLIGHT:
            return self._owe(channel)
        self._in_flight += 1
        try:
            async with asyncio.timeout(self._times.answer), self._publishing:
                if not self.is_connected:  # another one, who was first, found Redis away
                    return self._owe(channel)
                await self._send(channel, message)
        except Exception as failure:
            if not isinstance(failure, ResponseError):  # what Redis refuses it would refuse again
                self._owe(channel)
            self._lose(failure)
        finally:
            self._in_flight -= 1

    async def next_published(self) -> Event:
        return await self._events.get()

    async def _keep_listening(self) -> None:
        while True:
            try:
                await self._open()
                while True:
                    await self._take_next()
            except Exception as failure:  # anything: the bus has to come back, whatever redis-py runs into
                self._lose(failure)
            await self._hang_up()
            await asyncio.sleep(self._pause * random.uniform(0.5, 1))
            self._pause = min(2 * self._pause, self._times.longest_pause)

    async def _open(self) -> None:
        async with asyncio.timeout(self._times.answer):
            await self._listener.connect()
            # Nothing is awaited between the two: a channel wanted from here on is asked for by `subscribe`.
            self._is_open = True
            await self._ask("SUBSCRIBE", *self._channels, self._pulse)

    async def _hang_up(self) -> None:
        self._is_open, self._is_publisher_stale = False, True
        for waiting in self._channels.values():
            if not waiting.done():
                waiting.set_result(None)
        with suppress(Exception):
            await self._listener.disconnect(nowait=True)

    async def _ask(self, command: str, *channels: str) -> None:
        # A connection that was lost would be opened again by sending, without a word and without the other channels.
        if self._is_open and self._listener.is_connected:
            async with asyncio.timeout(self._times.answer):
                await self._listener.send_command(command, *channels)

    async def _take_next(self) -> None:
        reply = await self._listener.read_response(timeout=self._times.silence, push_request=True)
        if reply is None:
            raise ConnectionError(f"Nothing was heard for {self._times.silence} s.")
        kind, channel = reply[0], reply[1].decode()
        if kind != b"message":
            await self._take_confirmation(kind, channel)
        elif channel == self._pulse:
            self._gain()
        else:
            await self._events.put(_event(channel, reply[2]))

    async def _take_confirmation(self, kind: bytes, channel: str) -> None:
        waiting = self._channels.get(channel)
        if channel == self._pulse:  # asked for last, so that all of them are there
            self._wake_heart.set()
        elif kind != b"subscribe":
            if waiting is not None and waiting.done():  # commands that crossed left us without what is wanted
                await self._ask("SUBSCRIBE", channel)
        elif waiting is None:
            await self._ask("UNSUBSCRIBE", channel)
        elif waiting.done():  # `subscribe` has returned: there was a time without the subscription
            await self._events.put(Lost(channel, _READ_AGAIN))
        else:
            waiting.set_result(None)

    async def _keep_beating(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._times.heartbeat):
                    await self._wake_heart.wait()
            self._wake_heart.clear()
            if self._is_open:
                owed, self._owed = self._owed, {}
                for channel in owed:
                    await self.publish(channel, _READ_AGAIN)
                await self._beat()
            await asyncio.sleep(self._times.first_pause / 10)  # however things go wrong, this cannot spin

    async def _beat(self) -> None:
        try:
            async with asyncio.timeout(self._times.answer), self._publishing:
                await self._send(self._pulse, _READ_AGAIN)
        except Exception as failure:
            self._lose(failure)

    async def _send(self, channel: str, message: str) -> None:
        """For the one that holds the lock, in time."""
        try:
            if self._is_publisher_stale:
                self._is_publisher_stale = False
                await self._publisher.disconnect(nowait=True)
            await self._publisher.connect()
            await self._publisher.send_command("PUBLISH", channel, message)
            await self._publisher.read_response()
        except BaseException:  # half a conversation: the next answer would not be the next one's
            await self._publisher.disconnect(nowait=True)
            raise
        if self._is_stopped:
            await self._publisher.disconnect(nowait=True)

    def _owe(self, channel: str) -> None:
        self._owed.pop(channel, None)
        self._owed[channel] = None
        if len(self._owed) > _MOST_OWED:
            del self._owed[next(iter(self._owed))]

    def _gain(self) -> None:
        if not self._is_connected:
            log.info("Redis is within reach")
        self._is_connected, self._pause = True, self._times.first_pause
        self._settled.set()
        if self._owed:
            self._wake_heart.set()

    def _lose(self, failure: Exception) -> None:
        if self._is_stopped:
            return
        if self._is_connected is not False:
            log.warning("Redis is out of reach", reason=f"{type(failure).__name__}: {failure}")
            self._wake_heart.set()  # it may have been the publishing connection alone: a heartbeat tells
        self._is_connected = False
        self._settled.set()


def _connection(url: str) -> Any:  # redis-py's own types have gaps
    """A connection without redis-py's retries, and without its time-outs: a cancellation can be lost in those."""
    pool: Any = ConnectionPool.from_url(
        url, protocol=2, driver_info=None, retry=Retry(NoBackoff(), 0), socket_timeout=None, socket_connect_timeout=None
    )
    return pool.make_connection()


def _event(channel: str, data: bytes) -> Event:
    with suppress(UnicodeDecodeError):
        if message := data.decode():
            return Event(channel, message)
    return Lost(channel, _READ_AGAIN)
