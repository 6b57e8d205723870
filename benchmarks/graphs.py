"""The graph that executors are measured with: its data, its schema for Strawberry, its questions and their answers."""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

import orjson
import strawberry
from asyncpg.pgproto import pgproto
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

from app.wire.relations import relation
from app.wire.scalars import SCALARS
from app.wire.schema import WireSchema

SLOTS, COACHES, SESSIONS_OF_A_COACH, MEMBERS = 200, 20, 10, 120

LIST, LEVELS, SMALLEST = "list", "levels", "smallest"
QUERIES = {
    LIST: "query Slots { slots { id startsAt endsAt capacity remaining status } }",
    LEVELS: (
        "query Coaches { coaches { id displayName "
        "sessions { id startsAt endsAt status member { id firstName lastName } } } }"
    ),
    SMALLEST: "{ __typename }",
}


# The data: rows as a service returns them, with ids as asyncpg reads them


@strawberry.enum(description="Whether a slot can be had.")
class SlotStatus(Enum):
    BOOKABLE = "BOOKABLE"
    FULL = "FULL"


@strawberry.enum(description="Where a session stands.")
class SessionStatus(Enum):
    SCHEDULED = "SCHEDULED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class SlotRow:
    id: UUID
    starts_at: datetime
    ends_at: datetime
    capacity: int
    remaining: int
    status: SlotStatus


@dataclass(frozen=True, slots=True)
class CoachRow:
    id: UUID
    display_name: str


@dataclass(frozen=True, slots=True)
class MemberRow:
    id: UUID
    first_name: str
    last_name: str


@dataclass(frozen=True, slots=True)
class SessionRow:
    id: UUID
    coach_id: UUID
    member_id: UUID
    starts_at: datetime
    ends_at: datetime
    status: SessionStatus


@dataclass
class Data:
    """What a database would hold, with the two look-ups that the relations need."""

    slots: list[SlotRow]
    coaches: list[CoachRow]
    members: list[MemberRow]
    sessions: list[SessionRow]
    member_by_id: dict[UUID, MemberRow] = field(init=False)
    sessions_by_coach: dict[UUID, list[SessionRow]] = field(init=False)

    def __post_init__(self) -> None:
        self.member_by_id = {member.id: member for member in self.members}
        self.sessions_by_coach = {coach.id: [] for coach in self.coaches}
        for session in self.sessions:
            self.sessions_by_coach[session.coach_id].append(session)


def make_data() -> Data:
    """The same at each call and in each process."""
    dice = random.Random(7)
    hour = timedelta(hours=1)

    def new_id() -> UUID:
        return pgproto.UUID(dice.randbytes(16))

    def start() -> datetime:
        return datetime(2026, 3, 2, 8, tzinfo=UTC) + timedelta(minutes=15 * dice.randrange(4 * 24 * 28))

    def slot() -> SlotRow:
        starts_at, remaining = start(), dice.randrange(4)
        status = SlotStatus.BOOKABLE if remaining else SlotStatus.FULL
        return SlotRow(new_id(), starts_at, starts_at + hour, 4, remaining, status)

    def session(coach: CoachRow) -> SessionRow:
        starts_at, status = start(), dice.choice(list(SessionStatus))
        return SessionRow(new_id(), coach.id, dice.choice(members).id, starts_at, starts_at + hour, status)

    coaches = [CoachRow(new_id(), f"Coach {number}") for number in range(COACHES)]
    members = [MemberRow(new_id(), f"Member {number}", "Of Ours") for number in range(MEMBERS)]
    sessions = [session(coach) for coach in coaches for _ in range(SESSIONS_OF_A_COACH)]
    return Data([slot() for _ in range(SLOTS)], coaches, members, sessions)


# The context, and the schema for Strawberry

Batch = Callable[[Data, list[UUID]], Awaitable[Sequence[Any]]]


class Context:
    """Of one operation; its batch functions read the data."""

    def __init__(self, data: Data) -> None:
        self.data = data
        self._loaders: dict[Batch, DataLoader[UUID, Any]] = {}

    def load(self, batch: Batch, key: UUID) -> Awaitable[Any]:
        loader = self._loaders.get(batch)
        if loader is None:

            async def read_batch(keys: list[UUID]) -> Sequence[Any]:
                return await batch(self.data, keys)

            loader = self._loaders[batch] = DataLoader(load_fn=read_batch)
        return loader.load(key)

    async def load_column(self, batch: Batch, keys: list[UUID]) -> Sequence[Any]:
        return await batch(self.data, keys)


Info = strawberry.Info[Context, None]


async def members_by_id(data: Data, ids: list[UUID]) -> Sequence[MemberRow | None]:
    return [data.member_by_id.get(member_id) for member_id in ids]


async def sessions_by_coach(data: Data, ids: list[UUID]) -> Sequence[list[SessionRow]]:
    return [data.sessions_by_coach[coach_id] for coach_id in ids]


@strawberry.type(description="A time that can be booked.")
class Slot:
    id: UUID
    starts_at: datetime
    ends_at: datetime
    capacity: int
    remaining: int
    status: SlotStatus


@strawberry.type(description="Somebody who is coached.")
class Member:
    id: UUID
    first_name: str
    last_name: str


@strawberry.type(description="One coach and one member at one time.")
class Session:
    id: UUID
    starts_at: datetime
    ends_at: datetime
    status: SessionStatus
    member = relation(Member | None, members_by_id, key="member_id", description="The member.")


@strawberry.type(description="Somebody who coaches.")
class Coach:
    id: UUID
    display_name: str
    sessions = relation(list[Session], sessions_by_coach, key="id", description="The sessions held.")


@strawberry.type(description="Looking.")
class Query:
    @strawberry.field(graphql_type=list[Slot], description="Every slot.")
    async def slots(self, info: Info) -> list[SlotRow]:
        return info.context.data.slots

    @strawberry.field(graphql_type=list[Coach], description="Every coach.")
    async def coaches(self, info: Info) -> list[CoachRow]:
        return info.context.data.coaches


def our_schema() -> WireSchema:
    return WireSchema(query=Query, config=StrawberryConfig(scalar_map=SCALARS))


def stock_schema() -> strawberry.Schema:
    """Strawberry with its caches of documents, as the servers in Node have theirs."""
    return strawberry.Schema(query=Query, extensions=[ParserCache, ValidationCache])


# For the programs in Node, and for whoever checks an answer


def graph_file(data: Data) -> bytes:
    """Schema, data and questions; a date is a text there and becomes a `Date`."""
    rows = {name: [_camel_case(row) for row in getattr(data, name)] for name in _TABLES}
    return _plain({"sdl": our_schema().as_str(), "queries": QUERIES, **rows})


def is_right(workload: str, data: Data, answer: str | bytes) -> bool:
    """Whether this is the whole answer; a moment may be written in any way that says the same."""
    return _with_moments(orjson.loads(answer)) == _with_moments(orjson.loads(_plain(expected(workload, data))))


def expected(workload: str, data: Data) -> dict[str, Any]:
    if workload == SMALLEST:
        return {"data": {"__typename": "Query"}}
    if workload == LIST:
        return {"data": {"slots": [_camel_case(slot) for slot in data.slots]}}
    return {
        "data": {
            "coaches": [
                {**_camel_case(coach), "sessions": [_shown(data, row) for row in data.sessions_by_coach[coach.id]]}
                for coach in data.coaches
            ]
        }
    }


_TABLES = ("slots", "coaches", "members", "sessions")


def _shown(data: Data, session: SessionRow) -> dict[str, Any]:
    shown = {name: value for name, value in _camel_case(session).items() if name not in {"coachId", "memberId"}}
    return {**shown, "member": _camel_case(data.member_by_id[session.member_id])}


def _camel_case(row: Any) -> dict[str, Any]:
    def spelt(name: str) -> str:
        first, *rest = name.split("_")
        return first + "".join(map(str.capitalize, rest))

    return {spelt(each.name): getattr(row, each.name) for each in fields(row)}


def _plain(value: Any) -> bytes:
    return orjson.dumps(value, default=str)  # it does not know asyncpg's ids


def _with_moments(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_moments(each) for each in value]
    if isinstance(value, dict):
        return {
            name: datetime.fromisoformat(each) if name.endswith("At") else _with_moments(each)
            for name, each in value.items()
        }
    return value
