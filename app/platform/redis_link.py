"""One Redis node: two connections that find back by themselves, and say when messages may have been lost."""

import asyncio
import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from broadcaster import Event
from redis.exceptions import MovedError, ResponseError

from app.platform.redis_layout import slot_of

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


Channels = dict[str, "asyncio.Future[None]"]
"""Every channel that is wanted, with what its `subscribe` waits for: done as soon as that has returned."""


class Debts:
    """Channels with hints unsent; the longest owed is forgotten first."""

    def __init__(self) -> None:
        self._channels: dict[str, None] = {}

    def __bool__(self) -> bool:
        return bool(self._channels)

    def add(self, channel: str) -> None:
        self._channels.pop(channel, None)
        self._channels[channel] = None
        if len(self._channels) > _MOST_OWED:
            del self._channels[next(iter(self._channels))]

    def take(self) -> list[str]:
        channels, self._channels = list(self._channels), {}
        return channels


@dataclass(frozen=True, slots=True)
class Commands:
    subscribe: str
    unsubscribe: str
    publish: str
    message: bytes
    subscribed: bytes


PLAIN = Commands("SUBSCRIBE", "UNSUBSCRIBE", "PUBLISH", b"message", b"subscribe")
SHARDED = Commands("SSUBSCRIBE", "SUNSUBSCRIBE", "SPUBLISH", b"smessage", b"ssubscribe")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the links to all nodes share."""

    times: Times
    commands: Commands
    events: asyncio.Queue[Event]
    doubt: Callable[[], None]  # something is not where it was, or away
    hand_back: Callable[[Channels], None]  # channels that this node does not have


class NodeLink:
    """Two plain connections, one listening and one publishing; none of redis-py's clients, which reconnect silently.

    "Connected" means that a heartbeat of our own went out on the one and came in on the other since the last failure:
    redis-py would wait in a black hole for ever.
    """

    def __init__(self, name: str, connection: Callable[[], Any], pulse: str, around: Surroundings) -> None:
        self.name, self.pulse = name, pulse
        self._log = log.bind(node=name) if name else log
        self.channels: Channels = {}
        self.owed = Debts()
        self.settled = asyncio.Event()  # it is known whether the node is there
        self._around, self._times, self._commands = around, around.times, around.commands
        self._listener, self._publisher = connection(), connection()
        self._is_open = False  # the listening connection is through with its greeting
        self._is_connected: bool | None = None  # None until the first attempt has ended
        self._is_publisher_stale = self._is_stopped = False
        self._wake_heart = asyncio.Event()
        self._publishing, self._in_flight = asyncio.Lock(), 0
        self._pause = self._times.first_pause
        self._tasks = [asyncio.create_task(self._keep_listening()), asyncio.create_task(self._keep_beating())]

    @property
    def is_connected(self) -> bool:
        return self._is_connected is True

    async def stop(self) -> None:
        self._is_stopped, self._is_connected = True, False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._hang_up()
        with suppress(TimeoutError):  # one held up in a black hole sees that we have stopped, and hangs up itself
            async with asyncio.timeout(self._times.answer / 4), self._publishing:
                await self._publisher.disconnect(nowait=True)
        await asyncio.sleep(0)  # a transport closes in the next round of the loop

    async def ask_for(self, channels: Iterable[str]) -> None:
        """For channels that are in `channels`; one that is not open yet asks for all of them when it is."""
        await self._ask(self._commands.subscribe, channels)

    async def give_up(self, channels: Iterable[str]) -> None:
        with suppress(Exception):  # sent in vain it drops the connection, and the subscription with it
            await self._ask(self._commands.unsubscribe, channels)

    async def publish(self, channel: str, message: str) -> None:
        """Never raises. While Redis is away it returns at once, and the channel's listeners are told to read again
        when we are back: other processes may be back before us, and do not know what we could not send."""
        if not self.is_connected or self._in_flight >= _MOST_IN_FLIGHT:
            return self.owed.add(channel)
        self._in_flight += 1
        try:
            async with asyncio.timeout(self._times.answer), self._publishing:
                if not self.is_connected:  # another one, who was first, found Redis away
                    return self.owed.add(channel)
                await self._send(channel, message)
        except MovedError:
            self.owed.add(channel)
            self._around.doubt()
        except Exception as failure:
            if not isinstance(failure, ResponseError):  # what Redis refuses it would refuse again
                self.owed.add(channel)
            self._lose(failure)
        finally:
            self._in_flight -= 1

    def pay(self) -> None:
        """Sends soon what is owed, if the node is there."""
        if self.is_connected and self.owed:
            self._wake_heart.set()

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
            # Nothing is awaited between the two: a channel wanted from here on is asked for by whoever wants it.
            self._is_open = True
            await self._ask(self._commands.subscribe, [*self.channels, self.pulse])

    async def _hang_up(self) -> None:
        self._is_open, self._is_publisher_stale = False, True
        for waiting in self.channels.values():
            if not waiting.done():
                waiting.set_result(None)
        with suppress(Exception):
            await self._listener.disconnect(nowait=True)

    async def _ask(self, command: str, channels: Iterable[str]) -> None:
        # A connection that was lost would be opened again by sending, without a word and without the other channels.
        if self._is_open and self._listener.is_connected:
            # One command each: sharded channels of several slots cannot share one.
            packed = self._listener.pack_commands([(command, channel) for channel in channels])
            async with asyncio.timeout(self._times.answer):
                await self._listener.send_packed_command(packed)

    async def _take_next(self) -> None:
        try:
            reply = await self._listener.read_response(timeout=self._times.silence, push_request=True)
        except MovedError as moved:
            self._give_back(moved.slot_id)
            return
        if reply is None:
            raise ConnectionError(f"Nothing was heard for {self._times.silence} s.")
        kind, channel = reply[0], reply[1].decode()
        if kind != self._commands.message:
            await self._take_confirmation(kind == self._commands.subscribed, channel)
        elif channel == self.pulse:
            self._gain()
        else:
            await self._around.events.put(_event(channel, reply[2]))

    async def _take_confirmation(self, is_subscribed: bool, channel: str) -> None:
        waiting = self.channels.get(channel)
        if channel == self.pulse:
            if not is_subscribed:
                raise ConnectionError("The node gave the heartbeat's slot away.")
            self._wake_heart.set()  # asked for last, so that all of them are there
        elif not is_subscribed:
            # Commands that crossed left us without what is wanted, or the slot has moved: then we are told where to.
            if waiting is not None and waiting.done():
                await self.ask_for([channel])
        elif waiting is None:
            await self.give_up([channel])
        elif waiting.done():  # `subscribe` has returned: there was a time without the subscription
            await self._around.events.put(Lost(channel, _READ_AGAIN))
        else:
            waiting.set_result(None)

    def _give_back(self, slot: int) -> None:
        moved = [channel for channel in self.channels if slot_of(channel) == slot]
        self._around.hand_back({channel: self.channels.pop(channel) for channel in moved})
        if slot_of(self.pulse) == slot:
            raise ConnectionError("The node gave the heartbeat's slot away.")

    async def _keep_beating(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._times.heartbeat):
                    await self._wake_heart.wait()
            self._wake_heart.clear()
            if self._is_open:
                for channel in self.owed.take():
                    await self.publish(channel, _READ_AGAIN)
                await self._beat()
            await asyncio.sleep(self._times.first_pause / 10)  # however things go wrong, this cannot spin

    async def _beat(self) -> None:
        try:
            async with asyncio.timeout(self._times.answer), self._publishing:
                await self._send(self.pulse, _READ_AGAIN)
        except Exception as failure:
            self._lose(failure)

    async def _send(self, channel: str, message: str) -> None:
        """For the one that holds the lock, in time."""
        try:
            if self._is_publisher_stale:
                self._is_publisher_stale = False
                await self._publisher.disconnect(nowait=True)
            await self._publisher.connect()
            await self._publisher.send_command(self._commands.publish, channel, message)
            await self._publisher.read_response()
        except BaseException:  # half a conversation: the next answer would not be the next one's
            await self._publisher.disconnect(nowait=True)
            raise
        if self._is_stopped:
            await self._publisher.disconnect(nowait=True)

    def _gain(self) -> None:
        if not self._is_connected:
            self._log.info("Redis is within reach")
        self._is_connected, self._pause = True, self._times.first_pause
        self.settled.set()
        self.pay()

    def _lose(self, failure: Exception) -> None:
        if self._is_stopped:
            return
        if self._is_connected is not False:
            self._log.warning("Redis is out of reach", reason=f"{type(failure).__name__}: {failure}")
            self._wake_heart.set()  # it may have been the publishing connection alone: a heartbeat tells
        self._is_connected = False
        self.settled.set()
        self._around.doubt()


def _event(channel: str, data: bytes) -> Event:
    with suppress(UnicodeDecodeError):
        if message := data.decode():
            return Event(channel, message)
    return Lost(channel, _READ_AGAIN)
