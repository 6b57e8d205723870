"""Making accounts: members sign up themselves, coaches and admins are created."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.events import MemberSignedUp, emit
from app.forms import Email, Form, Name, Password, Zone
from app.models.identity import Credential, Role, User
from app.models.members import Member
from app.platform.passwords import Passwords
from app.problems import EmailTaken
from app.services.identity.login import Login, TokenMaking, Transactions, open_login
from app.services.identity.viewing import find_viewer
from app.services.members import assignment


class SignUp(Form):
    email: Email
    password: Password
    first_name: Name
    last_name: Name
    time_zone: Zone = "UTC"
    coach_id: UUID | None = None


async def sign_up(
    transactions: Transactions, passwords: Passwords, making: TokenMaking, *, form: SignUp, now: datetime
) -> Login:
    """Makes a user with the role MEMBER and its profile (6.1, 6.2), with the chosen coach if that one can take them.

    Raises `EmailTaken`, `CoachNotAcceptingMembers`, `CoachAtCapacity`; then nothing is written.
    """
    password_hash = await passwords.hash(form.password)
    async with transactions() as db:
        user = await create_user(
            db, email=form.email, password_hash=password_hash, role=Role.MEMBER, time_zone=form.time_zone
        )
        member = Member(user_id=user.id, first_name=form.first_name, last_name=form.last_name, start_date=now.date())
        db.add(member)
        await db.flush()
        emit(db, MemberSignedUp(member_id=member.id, user_id=user.id))
        if form.coach_id is not None:
            await assignment.choose_coach(db, member, form.coach_id, now)
        viewer = await find_viewer(db, user.id)
        assert viewer is not None
        return open_login(db, making, viewer, now)


class NewAdmin(Form):
    email: Email
    password: Password
    time_zone: Zone = "UTC"


async def create_admin(db: AsyncSession, passwords: Passwords, *, form: NewAdmin) -> User:
    """Only from the command line: nobody can make themselves an admin over the wire. Raises `EmailTaken`."""
    password_hash = await passwords.hash(form.password)
    return await create_user(
        db, email=form.email, password_hash=password_hash, role=Role.ADMIN, time_zone=form.time_zone
    )


async def create_user(db: AsyncSession, *, email: str, password_hash: str, role: Role, time_zone: str) -> User:
    """A login with its password; raises `EmailTaken`."""
    if await has_account(db, email):
        raise EmailTaken
    user = User(email=email, role=role, time_zone=time_zone)
    db.add(user)
    await db.flush()
    db.add(Credential(user_id=user.id, password_hash=password_hash))
    await db.flush()
    return user


async def has_account(db: AsyncSession, email: str) -> bool:
    """`email` in lower case."""
    return (await db.exec(select(User.id).where(func.lower(User.email) == email))).first() is not None
