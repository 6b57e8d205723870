"""The keys of what is encrypted: confirming, making, rotating and checking them."""

from app.services.privacy.checking import check_keys
from app.services.privacy.keys import NoKeyYet, confirm_keys, key_for_member, key_for_session, keys_in_use
from app.services.privacy.rotation import new_key_id, rotate_keys
from app.services.privacy.secrets import seal, unseal

__all__ = [
    "NoKeyYet",
    "check_keys",
    "confirm_keys",
    "key_for_member",
    "key_for_session",
    "keys_in_use",
    "new_key_id",
    "rotate_keys",
    "seal",
    "unseal",
]
