"""Logging in, staying logged in, logging out."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.actor import Actor
from app.models.identity import Credential, RefreshToken, User
from app.platform.ids import new_id
from app.platform.passwords import Passwords
from app.platform.tokens import AccessTokens, fingerprint, new_refresh_token
from app.problems import InvalidCredentials, InvalidRefreshToken
from app.services.identity.permissions import require_login
from app.services.identity.viewing import Viewer, find_viewer

# Opens a transaction as the system: before somebody is known, no policy can let them read their own password.
Transactions = Callable[[], AbstractAsyncContextManager[AsyncSession]]


@dataclass(frozen=True, slots=True)
class Login:
    """A log-in that succeeded: both tokens and who it is."""

    access_token: str
    refresh_token: str
    expires_at: datetime
    viewer: Viewer


@dataclass(frozen=True, slots=True)
class TokenMaking:
    """How log-ins are signed and how long they last."""

    access_tokens: AccessTokens
    refresh_lifetime: timedelta


async def log_in(
    transactions: Transactions,
    passwords: Passwords,
    making: TokenMaking,
    *,
    email: str,
    password: str,
    now: datetime,
) -> Login:
    """Raises `InvalidCredentials`, in the same time whether or not the account exists."""
    async with transactions() as db:
        found = await db.exec(
            select(User.id, Credential.password_hash)
            .join(Credential, col(Credential.user_id) == col(User.id))
            .where(func.lower(User.email) == email.strip().lower(), col(User.is_active))
        )
        user_id, password_hash = found.one_or_none() or (None, None)
    if not await passwords.verify(password, password_hash):
        raise InvalidCredentials
    async with transactions() as db:
        await db.exec(update(User).where(col(User.id) == user_id).values(last_login_at=now))
        viewer = await find_viewer(db, user_id)
        if viewer is None:
            raise InvalidCredentials
        return open_login(db, making, viewer, now)


def open_login(
    db: AsyncSession, making: TokenMaking, viewer: Viewer, now: datetime, family_id: UUID | None = None
) -> Login:
    """Adds the next refresh token of a chain, or the first one of a new chain."""
    token = new_refresh_token()
    db.add(
        RefreshToken(
            family_id=family_id or new_id(),
            user_id=viewer.user.id,
            token_hash=fingerprint(token),
            expires_at=now + making.refresh_lifetime,
        )
    )
    access_token, expires_at = making.access_tokens.issue(viewer.claims, now)
    return Login(access_token, token, expires_at, viewer)


async def refresh_session(
    transactions: Transactions, making: TokenMaking, *, refresh_token: str, now: datetime
) -> Login:
    """Each token works once: a second use means that it was stolen, and ends every log-in of its chain."""
    async with transactions() as db:
        statement = select(RefreshToken).where(RefreshToken.token_hash == fingerprint(refresh_token))
        link = (await db.exec(statement.with_for_update())).one_or_none()
        if link is None or link.revoked_at is not None or link.expires_at <= now:
            raise InvalidRefreshToken
        if link.used_at is not None:
            await _revoke(db, col(RefreshToken.family_id) == link.family_id, now)
            raise InvalidRefreshToken().kept()
        viewer = await find_viewer(db, link.user_id)
        if viewer is None:
            raise InvalidRefreshToken
        link.used_at = now
        db.add(link)
        return open_login(db, making, viewer, now, link.family_id)


async def log_out(db: AsyncSession, actor: Actor, *, now: datetime) -> bool:
    """Ends every log-in of the user; access tokens already given out end by themselves within minutes."""
    user_id = require_login(actor)
    await _revoke(db, col(RefreshToken.user_id) == user_id, now)
    return True


async def _revoke(db: AsyncSession, which: object, now: datetime) -> None:
    statement = update(RefreshToken).where(which, col(RefreshToken.revoked_at).is_(None))  # type: ignore[arg-type]
    await db.exec(statement.values(revoked_at=now))
