"""Signing up, logging in and staying logged in: requirement 6, and what a token is good for."""

import asyncio
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from app.actor import STRANGER
from app.events import CoachAssigned, MemberSignedUp
from app.platform.tokens import AccessTokens
from app.services.identity import find_viewer
from app.wire.http.status import RefusedRequest
from tests.operations import LOG_IN, LOG_OUT, MEMBERS, REFRESH, SESSIONS, SIGN_UP, VIEWER, nothing_written
from tests.practice import Person, Practice

PASSWORD = "correct horse"
FORBIDDEN = {"code": "FORBIDDEN", "status": 403}
UNAUTHENTICATED = {"code": "UNAUTHENTICATED", "status": 401}
OF_A_MEMBER = [
    *("coherence:read", "coherence:write", "growth:read", "growth:write", "messages:read", "notes:read", "notes:write"),
    *("profile:write", "sessions:read", "sessions:write"),
]
OF_A_COACH = [
    *("availability:write", "coaches:write", "coherence:read", "coherence:write", "growth:read", "growth:write"),
    *("interventions:manage", "members:read", "members:write", "messages:read", "messages:send"),
    *("note_templates:write", "notes:read", "notes:write", "questions:manage", "recommendations:review"),
    *("risk:read", "risk:write", "sessions:read", "sessions:write", "webhooks:manage"),
]
OF_AN_ADMIN = sorted(
    {*OF_A_MEMBER, *OF_A_COACH, "coaches:create", "jobs:manage", "members:assign", "notifications:manage"}
)
WRONG = {
    "__typename": "InvalidCredentials",
    "code": "INVALID_CREDENTIALS",
    "message": "E-mail or password is wrong",
}
INVALID_TOKEN = {
    "__typename": "InvalidRefreshToken",
    "code": "INVALID_REFRESH_TOKEN",
    "message": "This refresh token is unknown, expired or was used before; log in again",
}


async def sign_up(practice: Practice, **changes: Any) -> dict[str, Any]:
    account = {"email": "mia@example.com", "password": PASSWORD, "firstName": "Mia", "lastName": "Okafor"}
    answer: dict[str, Any] = await practice.ask(SIGN_UP, input={**account, **changes})
    return answer


async def log_in(practice: Practice, email: str = "mia@example.com", password: str = PASSWORD) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(LOG_IN, input={"email": email, "password": password})
    return answer


async def refresh(practice: Practice, token: str) -> dict[str, Any]:
    answer: dict[str, Any] = await practice.ask(REFRESH, input={"refreshToken": token})
    return answer


def bearer(practice: Practice, token: str) -> Any:
    """The actor that a header with this token makes, and until when."""
    return practice.application.actor_of_header(f"Bearer {token}")


def refused(answer: dict[str, Any]) -> tuple[str, str | None]:
    return answer["code"], answer.get("field")


# Signing up


async def test_6_1_signing_up_makes_a_user_with_the_role_member(practice: Practice) -> None:
    answer = await sign_up(practice, timeZone="Africa/Lagos")

    assert answer["__typename"] == "AuthSession"
    assert answer["viewer"]["user"] == {"email": "mia@example.com", "role": "MEMBER"}
    assert await practice.rows("SELECT email, role, time_zone, is_active FROM users") == [
        ("mia@example.com", "MEMBER", "Africa/Lagos", True)
    ]


async def test_6_2_signing_up_makes_a_linked_member_profile(practice: Practice) -> None:
    await sign_up(practice, firstName=" Mia ")

    assert await practice.rows(
        "SELECT m.first_name, m.last_name, m.status, m.start_date::text FROM members m JOIN users u ON u.id = m.user_id"
    ) == [("Mia", "Okafor", "ACTIVE", "2026-03-02")]


async def test_6_3_the_chosen_coach_is_assigned_if_they_accept_members(practice: Practice) -> None:
    coach = await practice.coach()

    answer = await sign_up(practice, coachId=coach.id)

    assert answer["viewer"]["member"]["coach"] == {"id": coach.id}
    assert await practice.count("assignments", "ended_at IS NULL") == 1
    assert await practice.count("coaches", "member_count = 1") == 1


async def test_6_3_a_coach_who_accepts_no_members_cannot_be_chosen(practice: Practice) -> None:
    closed = await practice.coach(is_accepting_members=False)
    away = await practice.coach(status="SUSPENDED")

    async with nothing_written(practice):
        answers = [await sign_up(practice, coachId=coach.id) for coach in (closed, away)]

    assert (
        answers
        == [
            {
                "__typename": "CoachNotAcceptingMembers",
                "code": "COACH_NOT_ACCEPTING_MEMBERS",
                "message": "This coach does not accept new members",
            }
        ]
        * 2
    )


async def test_6_4_a_coach_without_a_free_place_cannot_be_chosen(practice: Practice) -> None:
    coach = await practice.coach(max_members=1)
    await practice.member(coach)

    async with nothing_written(practice):
        answer = await sign_up(practice, coachId=coach.id)

    assert answer == {
        "__typename": "CoachAtCapacity",
        "code": "COACH_AT_CAPACITY",
        "message": "This coach has reached the limit of members",
    }


async def test_6_5_without_a_chosen_coach_there_is_none(practice: Practice) -> None:
    await practice.coach()

    answer = await sign_up(practice)

    assert answer["viewer"]["member"]["coach"] is None
    assert await practice.count("members", "coach_id IS NULL") == 1
    assert await practice.count("assignments") == 0


async def test_6_6_the_house_is_told_of_the_member_and_of_the_chosen_coach(practice: Practice) -> None:
    coach = await practice.coach()
    assert coach.coach is not None

    await sign_up(practice, coachId=coach.id)

    ((member_id, user_id),) = await practice.rows("SELECT id, user_id FROM members")
    assert await practice.told() == [
        MemberSignedUp(member_id=member_id, user_id=user_id),
        CoachAssigned(member_id=member_id, coach_id=coach.coach.id, previous_coach_id=None),
    ]


async def test_6_6_the_house_is_told_nothing_of_a_refused_sign_up(practice: Practice) -> None:
    coach = await practice.coach(max_members=0)

    await sign_up(practice, coachId=coach.id)

    assert await practice.told() == []


async def test_6_7_onboarding_begins_as_pending(practice: Practice) -> None:
    answer = await sign_up(practice)

    assert (answer["viewer"]["member"]["onboardingStatus"], answer["viewer"]["member"]["status"]) == (
        "PENDING",
        "ACTIVE",
    )


async def test_signing_up_logs_in(practice: Practice) -> None:
    answer = await sign_up(practice)

    actor, until = bearer(practice, answer["accessToken"])
    ((user_id, member_id),) = await practice.rows("SELECT user_id, id FROM members")
    assert (actor.user_id, actor.member_id, sorted(actor.permissions)) == (user_id, member_id, OF_A_MEMBER)
    assert answer["expiresAt"] == "2026-03-02T08:15:00Z"
    assert until == practice.clock() + timedelta(minutes=15)
    assert answer["viewer"]["permissions"] == OF_A_MEMBER


async def test_a_password_is_stored_as_a_hash_of_its_own_kind(practice: Practice) -> None:
    await sign_up(practice)

    ((stored,),) = await practice.rows("SELECT password_hash FROM credentials")
    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored


async def test_an_address_has_one_account_in_whatever_case_it_is_written(practice: Practice) -> None:
    member = await practice.member()

    async with nothing_written(practice):
        answers = [await sign_up(practice, email=email) for email in (member.user.email, member.user.email.upper())]

    assert (
        answers
        == [
            {
                "__typename": "EmailTaken",
                "code": "EMAIL_TAKEN",
                "message": "There is an account with this e-mail address already",
            }
        ]
        * 2
    )


async def test_of_sign_ups_that_race_for_one_address_one_wins(practice: Practice) -> None:
    answers = await asyncio.gather(
        *(sign_up(practice, email=email) for email in ("Mia@Example.com", "mia@example.com"))
    )

    assert sorted(answer["__typename"] for answer in answers) == ["AuthSession", "EmailTaken"]
    assert await practice.count("users") == await practice.count("members") == await practice.count("credentials") == 1


async def test_a_sign_up_is_checked_field_by_field(practice: Practice) -> None:
    member = await practice.member()
    wrong = [
        ("password", "nine char"),
        ("password", "x" * 257),
        ("firstName", " "),
        ("firstName", "x" * 81),
        ("lastName", ""),
        ("lastName", "a\x00b"),
        ("coachId", "nonsense"),
        ("coachId", member.id),
    ]

    async with nothing_written(practice):
        answers = [await sign_up(practice, **{field: value}) for field, value in wrong]

    assert [refused(answer) for answer in answers] == [("INVALID_INPUT", field) for field, _ in wrong]


async def test_what_is_no_address_and_no_zone_is_refused(practice: Practice) -> None:
    account = {"email": "mia@example.com", "password": PASSWORD, "firstName": "Mia", "lastName": "Okafor"}
    wrong = [{"email": "mia"}, {"email": ""}, {"timeZone": "Mars/Olympus"}]

    async with nothing_written(practice):
        refusals = [await practice.refusal(SIGN_UP, input={**account, **each}) for each in wrong]

    assert [(refusal["code"], refusal["status"]) for refusal in refusals] == [("BAD_USER_INPUT", 400)] * 3


# Logging in


async def test_a_member_logs_in_in_any_case_of_letters(practice: Practice) -> None:
    await sign_up(practice, email="Mia@Example.com")

    answer = await log_in(practice, "MIA@EXAMPLE.COM")

    assert answer["viewer"] == {"user": {"email": "mia@example.com", "role": "MEMBER"}}
    assert await practice.count("users", "last_login_at = :now", now=practice.clock()) == 1


async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(practice: Practice) -> None:
    await sign_up(practice)

    async with nothing_written(practice):
        wrong_password = await log_in(practice, password="wrong horse")
        unknown_address = await log_in(practice, "tom@example.com")

    assert wrong_password == unknown_address == WRONG


async def test_who_has_no_password_does_not_log_in(practice: Practice) -> None:
    member = await practice.member()

    async with nothing_written(practice):
        answer = await log_in(practice, member.user.email, "a password that nobody has")

    assert answer == WRONG


async def test_a_user_who_is_not_active_does_not_log_in(practice: Practice) -> None:
    await sign_up(practice)
    await practice.rows("UPDATE users SET is_active = false RETURNING id")

    async with nothing_written(practice):
        answer = await log_in(practice)

    assert answer == WRONG


# Staying logged in


async def test_a_refresh_token_is_exchanged_for_new_tokens(practice: Practice) -> None:
    first = await sign_up(practice)
    practice.clock.move(minutes=10)

    second = await refresh(practice, first["refreshToken"])

    assert second["__typename"] == "AuthSession"
    assert second["refreshToken"] != first["refreshToken"]
    assert second["viewer"] == {"user": {"email": "mia@example.com"}}
    _, until = bearer(practice, second["accessToken"])
    assert until == practice.clock() + timedelta(minutes=15)


async def test_each_refresh_token_leads_to_the_next_one(practice: Practice) -> None:
    token = (await sign_up(practice))["refreshToken"]

    for _ in range(3):
        token = (await refresh(practice, token))["refreshToken"]

    assert await practice.count("refresh_tokens") == 4
    assert await practice.count("refresh_tokens", "used_at IS NULL AND revoked_at IS NULL") == 1
    ((families,),) = await practice.rows("SELECT count(DISTINCT family_id) FROM refresh_tokens")
    assert families == 1


async def test_a_second_use_of_a_refresh_token_ends_its_whole_family(practice: Practice) -> None:
    stolen = (await sign_up(practice))["refreshToken"]
    newest = (await refresh(practice, stolen))["refreshToken"]

    again = await refresh(practice, stolen)
    afterwards = await refresh(practice, newest)

    assert again == afterwards == INVALID_TOKEN
    assert await practice.count("refresh_tokens", "revoked_at IS NOT NULL") == 2


async def test_a_second_use_leaves_other_log_ins_alone(practice: Practice) -> None:
    stolen = (await sign_up(practice))["refreshToken"]
    elsewhere = (await log_in(practice))["refreshToken"]
    await refresh(practice, stolen)
    await refresh(practice, stolen)

    answer = await refresh(practice, elsewhere)

    assert answer["__typename"] == "AuthSession"


async def test_of_two_uses_that_race_one_gets_tokens_and_the_family_ends(practice: Practice) -> None:
    token = (await sign_up(practice))["refreshToken"]

    answers = await asyncio.gather(*(refresh(practice, token) for _ in range(2)))

    assert sorted(answer["__typename"] for answer in answers) == ["AuthSession", "InvalidRefreshToken"]
    assert await practice.count("refresh_tokens", "revoked_at IS NULL") == 0


async def test_an_expired_refresh_token_is_refused(practice: Practice) -> None:
    token = (await sign_up(practice))["refreshToken"]
    practice.clock.move(days=30)

    async with nothing_written(practice):
        answer = await refresh(practice, token)

    assert answer == INVALID_TOKEN


async def test_a_refresh_token_is_good_until_it_expires_and_its_successor_as_long_again(practice: Practice) -> None:
    token = (await sign_up(practice))["refreshToken"]
    practice.clock.move(days=30, seconds=-1)
    token = (await refresh(practice, token))["refreshToken"]
    practice.clock.move(days=30, seconds=-1)

    answer = await refresh(practice, token)

    assert answer["__typename"] == "AuthSession"


async def test_an_unknown_refresh_token_is_refused(practice: Practice) -> None:
    access_token = (await sign_up(practice))["accessToken"]

    async with nothing_written(practice):
        answers = [await refresh(practice, token) for token in ("", "nonsense", access_token, "é" * 1_000)]

    assert answers == [INVALID_TOKEN] * 4


async def test_a_user_who_is_not_active_stays_logged_in_no_longer(practice: Practice) -> None:
    token = (await sign_up(practice))["refreshToken"]
    await practice.rows("UPDATE users SET is_active = false RETURNING id")

    async with nothing_written(practice):
        answer = await refresh(practice, token)

    assert answer == INVALID_TOKEN


async def test_a_refresh_token_is_stored_as_a_fingerprint(practice: Practice) -> None:
    token = (await sign_up(practice))["refreshToken"]

    ((stored,),) = await practice.rows("SELECT token_hash FROM refresh_tokens")
    assert len(stored) == 32
    assert token.encode() not in stored


# Logging out


async def test_logging_out_ends_every_refresh_token_of_the_user(practice: Practice) -> None:
    here = (await sign_up(practice))["refreshToken"]
    elsewhere = (await log_in(practice))["refreshToken"]
    actor, _ = bearer(practice, (await log_in(practice))["accessToken"])
    member = replace(await practice.member(), actor=actor)

    assert await practice.ask(LOG_OUT, member) is True
    answers = [await refresh(practice, token) for token in (here, elsewhere)]

    assert answers == [INVALID_TOKEN] * 2
    assert await practice.count("refresh_tokens", "revoked_at IS NULL") == 0


async def test_logging_out_leaves_others_logged_in(practice: Practice) -> None:
    token = (await sign_up(practice))["refreshToken"]
    other = await practice.member()

    await practice.ask(LOG_OUT, other)

    assert (await refresh(practice, token))["__typename"] == "AuthSession"


async def test_a_stranger_has_nothing_to_log_out_of(practice: Practice) -> None:
    await sign_up(practice)

    async with nothing_written(practice):
        refusal = await practice.refusal(LOG_OUT)

    assert refusal == UNAUTHENTICATED


# The viewer and their permissions


async def test_a_stranger_views_as_nobody(practice: Practice) -> None:
    assert await practice.ask(VIEWER) is None


async def test_a_viewer_has_the_profile_and_the_permissions_of_their_role(practice: Practice) -> None:
    coach, admin = await practice.coach(), await practice.admin()
    member = await practice.member(coach)

    viewers = [await practice.ask(VIEWER, who) for who in (member, coach, admin)]

    assert viewers == [
        {
            "user": {"email": member.user.email, "role": "MEMBER"},
            "member": {"id": member.id},
            "coach": None,
            "permissions": OF_A_MEMBER,
        },
        {
            "user": {"email": coach.user.email, "role": "COACH"},
            "member": None,
            "coach": {"id": coach.id},
            "permissions": OF_A_COACH,
        },
        {
            "user": {"email": admin.user.email, "role": "ADMIN"},
            "member": None,
            "coach": None,
            "permissions": OF_AN_ADMIN,
        },
    ]


async def test_a_user_who_is_not_active_views_as_nobody(practice: Practice) -> None:
    member = await practice.member()
    await practice.rows("UPDATE users SET is_active = false RETURNING id")

    assert await practice.ask(VIEWER, member) is None


async def excepted(practice: Practice, person: Person, **exceptions: bool) -> Person:
    """The person after their next log-in, with permissions granted or taken away."""
    for name, is_granted in exceptions.items():
        await practice.rows(
            "INSERT INTO user_permissions VALUES (:user_id, :permission, :is_granted) RETURNING user_id",
            user_id=person.user.id,
            permission=name.replace("_", ":"),
            is_granted=is_granted,
        )
    async with practice.as_system() as db:
        viewer = await find_viewer(db, person.user.id)
    assert viewer is not None
    return replace(person, actor=viewer.actor)


async def test_an_exception_takes_a_permission_of_the_role_away(practice: Practice) -> None:
    coach = await practice.coach()
    await practice.member(coach)

    restricted = await excepted(practice, coach, members_read=False)

    assert await practice.refusal(MEMBERS, restricted) == FORBIDDEN
    assert (await practice.ask(VIEWER, restricted))["permissions"] == [
        permission for permission in OF_A_COACH if permission != "members:read"
    ]


async def test_an_exception_grants_a_permission_beside_the_role(practice: Practice) -> None:
    coach = await practice.coach()
    admin_like = await excepted(practice, coach, members_assign=True)

    assert (await practice.ask(VIEWER, admin_like))["permissions"] == sorted([*OF_A_COACH, "members:assign"])


async def test_an_exception_is_one_users_own(practice: Practice) -> None:
    one, other = await practice.member(), await practice.member()

    restricted = await excepted(practice, one, sessions_read=False)

    assert await practice.refusal(SESSIONS, restricted) == FORBIDDEN
    assert (await practice.ask(VIEWER, other))["permissions"] == OF_A_MEMBER


async def test_changed_permissions_come_with_the_next_refresh(practice: Practice) -> None:
    login = await sign_up(practice)
    before, _ = bearer(practice, login["accessToken"])
    await practice.rows("INSERT INTO user_permissions SELECT id, 'sessions:write', false FROM users RETURNING user_id")

    after, _ = bearer(practice, (await refresh(practice, login["refreshToken"]))["accessToken"])

    assert before.permissions - after.permissions == {"sessions:write"}


# Access tokens


async def test_an_access_token_speaks_for_its_user(practice: Practice) -> None:
    people = [await practice.member(), await practice.coach(), await practice.admin()]

    actors = [bearer(practice, person.token)[0] for person in people]

    assert actors == [person.actor for person in people]


async def test_an_access_token_is_good_for_fifteen_minutes(practice: Practice) -> None:
    member = await practice.member()
    practice.clock.move(minutes=15, seconds=-1)
    actor, _ = bearer(practice, member.token)
    practice.clock.move(seconds=1)

    with pytest.raises(RefusedRequest) as refused_request:
        bearer(practice, member.token)

    assert actor == member.actor
    assert (refused_request.value.status, refused_request.value.code) == (401, "UNAUTHENTICATED")


async def test_the_scheme_is_written_in_any_case(practice: Practice) -> None:
    member = await practice.member()

    actor, _ = practice.application.actor_of_header(f"bEARER  {member.token} ")

    assert actor == member.actor


async def test_a_header_that_holds_no_good_token_is_refused(practice: Practice) -> None:
    member = await practice.member()
    head, body, signature = member.token.split(".")
    headers: list[object] = [
        None,
        7,
        "",
        "Bearer",
        "Bearer ",
        member.token,
        f"Basic {member.token}",
        f"Bearer {head}.{body}",
        f"Bearer {head}.{body}.",
        f"Bearer {head}.{body}.{signature[:-4]}AAAA",
        f"Bearer {head}.{body}x.{signature}",
        f"Bearer {head}.{body}.{signature}.{signature}",
        "Bearer a.b.c",
        "Bearer é.é.é",
        "Bearer ...",
        "Bearer " + "a" * 10_000,
    ]

    for header in headers:
        with pytest.raises(RefusedRequest) as refused_request:
            practice.application.actor_of_header(header)
        assert (refused_request.value.status, refused_request.value.code) == (401, "UNAUTHENTICATED"), header


async def test_a_token_whose_own_header_is_forged_is_refused(practice: Practice) -> None:
    member = await practice.member()
    _, body, signature = member.token.split(".")
    forged = [
        "",
        "{}",
        "[]",
        "7",
        "null",
        '"alg"',
        '["alg"]',
        '{"alg": null}',
        '{"alg": []}',
        '{"alg": "none"}',
        '{"alg": "HS512"}',
        '{"alg": "RS256"}',
        '{"alg": "HS256", "crit": 7}',
        '{"alg": "HS256", "crit": ["b64"], "b64": false}',
        '{"alg": "HS256"',
        "[" * 10_000,
    ]

    for header in forged:
        sealed = urlsafe_b64encode(header.encode()).decode().rstrip("=")
        for tail in (f"{body}.{signature}", f"{body}."):
            with pytest.raises(RefusedRequest):
                bearer(practice, f"{sealed}.{tail}")


async def test_a_token_of_another_key_is_refused(practice: Practice) -> None:
    member = await practice.member()
    others = AccessTokens("another secret of another practice", timedelta(minutes=15))
    claims = {"sub": str(member.user.id), "role": "ADMIN", "coach": None, "member": None, "perms": OF_AN_ADMIN}
    token, _ = others.issue(claims, practice.clock())

    with pytest.raises(RefusedRequest):
        bearer(practice, token)


async def test_a_token_of_our_key_that_is_not_an_access_token_is_refused(practice: Practice) -> None:
    key = OctKey.import_key(practice.application.settings.secret_key)
    until = int((practice.clock() + timedelta(minutes=5)).timestamp())
    others: list[dict[str, Any]] = [
        {"iss": "rapport"},
        {"iss": "rapport", "exp": str(until)},
        {"iss": "rapport", "exp": until + 0.5},
        {"iss": "somebody else", "exp": until},
        {"exp": until},
    ]

    for claims in others:
        with pytest.raises(RefusedRequest):
            bearer(practice, jwt.encode({"alg": "HS256"}, claims, key))


async def test_a_token_without_an_actors_claims_speaks_for_a_stranger(practice: Practice) -> None:
    token, _ = practice.house.token_making.access_tokens.issue({"sub": "nobody"}, practice.clock())

    actor, _ = bearer(practice, token)

    assert actor == STRANGER
