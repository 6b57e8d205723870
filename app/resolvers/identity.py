"""Signing up, logging in and out, and who is asking."""

from typing import Annotated

import strawberry

from app.context import Context
from app.schema.identity import AuthSession, LogInInput, RefreshSessionInput, SignUpInput, Viewer
from app.schema.problems import (
    CoachAtCapacity,
    CoachNotAcceptingMembers,
    EmailTaken,
    InvalidCredentials,
    InvalidRefreshToken,
    result_of,
)
from app.schema.relations import Info
from app.services import identity as identity_service
from app.wire.inputs import fields_of


async def _viewer(context: Context) -> identity_service.Viewer | None:
    if not context.actor.is_logged_in:
        return None
    return await context.read(lambda db, actor: identity_service.find_viewer(db, actor.user_id))


@strawberry.type
class Query:
    @strawberry.field(graphql_type=Viewer | None, description="The asking user; null when nobody is logged in.")
    async def viewer(self, info: Info) -> identity_service.Viewer | None:
        return await _viewer(info.context)


@strawberry.type
class Mutation:
    @strawberry.mutation(
        graphql_type=result_of("SignUpResult", AuthSession, EmailTaken, CoachNotAcceptingMembers, CoachAtCapacity),
        description="Makes a member's account, and logs in.",
    )
    async def sign_up(
        self, info: Info, input: Annotated[SignUpInput, strawberry.argument(description="The account.")]
    ) -> identity_service.Login:
        context, house = info.context, info.context.house
        form = identity_service.SignUp.read(**fields_of(input, coach_id="Coach"))
        return await context.until_no_race(
            lambda: identity_service.sign_up(
                context.unit_of_work, house.passwords, house.token_making, form=form, now=context.now()
            )
        )

    @strawberry.mutation(
        graphql_type=result_of("LogInResult", AuthSession, InvalidCredentials), description="Opens a log-in."
    )
    async def log_in(
        self, info: Info, input: Annotated[LogInInput, strawberry.argument(description="Who.")]
    ) -> identity_service.Login:
        context, house = info.context, info.context.house
        return await context.until_no_race(
            lambda: identity_service.log_in(
                context.unit_of_work,
                house.passwords,
                house.token_making,
                email=input.email,
                password=input.password,
                now=context.now(),
            )
        )

    @strawberry.mutation(
        graphql_type=result_of("RefreshSessionResult", AuthSession, InvalidRefreshToken),
        description="Exchanges a refresh token for new tokens. Each one works once; a second use ends the log-in.",
    )
    async def refresh_session(
        self, info: Info, input: Annotated[RefreshSessionInput, strawberry.argument(description="The token.")]
    ) -> identity_service.Login:
        context = info.context
        making, token = context.house.token_making, input.refresh_token
        return await context.until_no_race(
            lambda: identity_service.refresh_session(
                context.unit_of_work, making, refresh_token=token, now=context.now()
            )
        )

    @strawberry.mutation(description="Ends every log-in of the asker: no refresh token of theirs works any more.")
    async def log_out(self, info: Info) -> bool:
        return await info.context.log_out()
