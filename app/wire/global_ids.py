"""The opaque spelling of a type's name and a key, for whoever knows nothing of GraphQL."""

from base64 import urlsafe_b64encode


def global_id_of(type_name: str, key: object) -> str:
    return urlsafe_b64encode(f"{type_name}:{key}".encode()).decode().rstrip("=")
