"""`POST /webhooks/coach-message/<hook>`: a signed request that sends a message to a member through their coach."""

import secrets
from base64 import b64encode
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

import orjson
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.actor import SYSTEM
from app.context import Context, House
from app.platform.database import DatabaseAway
from app.problems import IdempotencyKeyReused, InvalidInput, Problem, Refusal, TryAgain
from app.services import messaging
from app.wire.relay import InvalidId, global_id, parse_key

MOST_BYTES: Final = 64 * 1_024
LONGEST_ID: Final = 255

# What an unknown hook's requests are compared with, so that they are refused as slowly as a wrong signature.
_NOBODYS: Final = b64encode(secrets.token_bytes(32)).decode()

_FIELDS: Final = {
    "coachId": ("coach_id", "Coach"),
    "memberId": ("member_id", "Member"),
    "templateId": ("template_id", "MessageTemplate"),
    "sessionId": ("session_id", "Session"),
    "phone": ("phone", None),
    "body": ("body", None),
    "subject": ("subject", None),
    "channel": ("channel", None),
}


class Refused(Exception):
    def __init__(self, status: int, code: str, message: str, field: str | None = None) -> None:
        self.status, self.code, self.message, self.field = status, code, message, field
        super().__init__(message)

    def answer(self) -> Response:
        error = {"code": self.code, "message": self.message, "field": self.field}
        return JSONResponse({"error": error}, self.status)


class CoachMessages:
    def __init__(self, house: House) -> None:
        self._house = house

    async def accept(self, request: Request) -> Response:
        try:
            return await self._accept(request)
        except Refused as refused:
            return refused.answer()
        except (InvalidInput, InvalidId) as wrong:
            return Refused(400, "INVALID_INPUT", str(wrong), wrong.field).answer()
        except IdempotencyKeyReused as other:
            return Refused(409, "WEBHOOK_ID_REUSED", other.message, "webhook-id").answer()
        except TryAgain as busy:
            return Refused(503, busy.code, busy.message).answer()
        except DatabaseAway as away:
            return Refused(503, "UNAVAILABLE", str(away)).answer()
        except Problem as problem:
            return Refused(400, problem.code, problem.message).answer()
        except Refusal as refusal:
            return Refused(refusal.status, refusal.code, str(refusal)).answer()

    async def _accept(self, request: Request) -> Response:
        raw = await request.body()
        if len(raw) > MOST_BYTES:
            raise Refused(413, "PAYLOAD_TOO_LARGE", f"The request's body must not be larger than {MOST_BYTES:,} bytes")
        context = Context(self._house)
        async with self._house.database.transaction(SYSTEM.settings(), read_only=True) as db:
            hook = await messaging.open_hook(db, _uuid(request.path_params["hook"]))
        _verify(hook.secret if hook else _NOBODYS, raw, request)
        if hook is None:
            raise _not_signed()
        by = messaging.ByHook(hook.id, request.headers["webhook-id"], _digest(raw, hook.secret))
        context.actor = hook.actor
        accepted = await context.read(messaging.find_accepted, by=by)
        if accepted is None:
            form = messaging.CoachMessage.read(**_given(raw))
            accepted = await context.write(messaging.accept_coach_message, form=form, by=by, now=context.now())
        return JSONResponse({"communicationId": global_id("Communication", accepted)}, 202)


def _uuid(written: str) -> UUID:
    """One that nothing has, for what is none."""
    try:
        return UUID(written)
    except ValueError:
        return UUID(int=0)


def _verify(secret: str, raw: bytes, request: Request) -> None:
    """Raises `Refused`, for a hook that is not there just as for a wrong signature."""
    if len(request.headers.get("webhook-id", "")) > LONGEST_ID:
        raise Refused(400, "INVALID_REQUEST", f"webhook-id has more than {LONGEST_ID} characters", "webhook-id")
    try:
        Webhook(secret).verify(raw, dict(request.headers), json_parse=False)
    except WebhookVerificationError:
        raise _not_signed() from None
    except ValueError:  # of the library, for bytes that are no text and signatures that are none
        raise Refused(400, "INVALID_REQUEST", "The body is not in UTF-8, or a signature is not written v1,…") from None


def _not_signed() -> Refused:
    return Refused(
        401, "UNAUTHENTICATED", "There is no such hook, or its signature is wrong, or more than five minutes old"
    )


def _digest(raw: bytes, secret: str) -> bytes:
    """Keyed, so that nobody without the secret can try what the text might have been."""
    return blake2b(raw, key=secret.encode(), digest_size=32).digest()


def _given(raw: bytes) -> dict[str, Any]:
    """The fields as the form knows them; ids as GraphQL writes them, or plain."""
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Refused(400, "INVALID_JSON", "The body is not JSON") from None
    if not isinstance(found, dict):
        raise Refused(400, "INVALID_JSON", "The body is not a JSON object")
    given = {}
    for name, value in found.items():
        if name not in _FIELDS:
            raise InvalidInput(name[:80], f"There is no such field; there are {', '.join(_FIELDS)}")
        field, type_name = _FIELDS[name]
        is_global = type_name is not None and isinstance(value, str) and _uuid(value) == UUID(int=0)
        given[field] = parse_key(value, type_name, name) if is_global and type_name else value
    return given
