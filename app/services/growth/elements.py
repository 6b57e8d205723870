"""How much there is of each element in a member: recorded, how it stands, and how it was over time (001, 3)."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.events import ElementsRecorded, emit
from app.forms import Form, IdempotencyKey
from app.models.coherence.dimensions import Element
from app.models.growth import ARCHETYPE_OF, LEADS_FROM, Archetype, ElementalBalance
from app.models.members import Member
from app.problems import Forbidden, InvalidInput
from app.services.growth.balance import leader_of, shares_of
from app.services.identity.permissions import require, require_login
from app.services.identity.retries import made_before, remember
from app.services.members import access_member, access_whose

_MUTATION: Final = "recordElementalBalance"

Amount = Annotated[Decimal, Field(ge=0, le=1_000_000, max_digits=12, decimal_places=6)]


class NewBalance(Form):
    """In any unit: only how the amounts relate to each other matters."""

    member_id: UUID
    fire: Amount
    water: Amount
    earth: Amount
    air: Amount
    aether: Amount
    idempotency_key: IdempotencyKey | None = None

    @property
    def amounts(self) -> dict[Element, Decimal]:
        return {element: getattr(self, element.lower()) for element in Element}


async def record_elements(
    db: AsyncSession,
    member: Member,
    raw: Mapping[Element, Decimal],
    *,
    assessment_id: UUID | None,
    recorded_by: UUID | None,
    now: datetime,
) -> ElementalBalance:
    """What was measured, in any unit, as shares of one; once for each assessment. The asker's right was asked before.

    Raises `ValueError` unless each element has an amount that is not negative.
    """
    shares = shares_of({element: raw[element] for element in Element if element in raw})
    if len(shares) != len(Element):
        raise ValueError("each element is measured")
    # A member's balances come one after the other, and what is there is read after that lock, in a new statement.
    locked = select(Member.coach_id).where(Member.id == member.id).with_for_update(key_share=True)
    coach_id = (await db.exec(locked)).one()
    if assessment_id is not None:
        known = await db.exec(select(ElementalBalance).where(ElementalBalance.assessment_id == assessment_id))
        if (recorded := known.one_or_none()) is not None:
            return recorded
    leader = leader_of(shares, LEADS_FROM)
    balance = ElementalBalance(
        member_id=member.id,
        assessment_id=assessment_id,
        recorded_by_user_id=recorded_by,
        fire=shares[Element.FIRE],
        water=shares[Element.WATER],
        earth=shares[Element.EARTH],
        air=shares[Element.AIR],
        aether=shares[Element.AETHER],
        archetype=Archetype.WHOLE if leader is None else ARCHETYPE_OF[leader],
        recorded_at=now,
    )
    db.add(balance)
    await db.flush()
    emit(db, ElementsRecorded(member_id=member.id, coach_id=coach_id, elemental_balance_id=balance.id))
    return balance


async def record_elemental_balance(
    db: AsyncSession, actor: Actor, *, form: NewBalance, now: datetime
) -> ElementalBalance:
    """What a coach, or an admin, sees in a member. Raises `InvalidInput` where there is nothing of any element."""
    require(actor, "growth:write")
    member = await access_member(db, actor, form.member_id, locked=True)
    if actor.member_id == member.id:
        raise Forbidden
    if not any(form.amounts.values()):
        raise InvalidInput("fire", "There must be something of one element at least")
    if (before := await made_before(db, actor, _MUTATION, form)) is not None:
        return await access_elemental_balance(db, actor, before)
    balance = await record_elements(
        db, member, form.amounts, assessment_id=None, recorded_by=require_login(actor), now=now
    )
    await remember(db, actor, _MUTATION, form, balance.id, now)
    return balance


async def access_elemental_balance(db: AsyncSession, actor: Actor, balance_id: UUID) -> ElementalBalance:
    """Row-level security is the whole rule of who sees which; else `Forbidden`, found or not."""
    require(actor, "growth:read")
    found = (await db.exec(select(ElementalBalance).where(ElementalBalance.id == balance_id))).one_or_none()
    if found is None:
        raise Forbidden
    return found


async def find_elemental_balance(db: AsyncSession, actor: Actor, *, member_id: UUID | None) -> ElementalBalance | None:
    """The newest of a member, without a name of the asker; None while nobody has measured any."""
    require(actor, "growth:read")
    member = await access_whose(db, actor, member_id)
    newest = (
        select(ElementalBalance)
        .where(ElementalBalance.member_id == member.id)
        .order_by(col(ElementalBalance.recorded_at).desc(), col(ElementalBalance.id).desc())
        .limit(1)
    )
    return (await db.exec(newest)).one_or_none()
