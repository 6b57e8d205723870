"""Who somebody is and what they may do."""

from app.services.identity.accounts import SignUp, create_admin, create_user, sign_up
from app.services.identity.login import Login, TokenMaking, log_in, log_out, refresh_session
from app.services.identity.permissions import access_visible, require, require_login
from app.services.identity.viewing import Viewer, actor_of, find_viewer

__all__ = [
    "Login",
    "SignUp",
    "TokenMaking",
    "Viewer",
    "access_visible",
    "actor_of",
    "create_admin",
    "create_user",
    "find_viewer",
    "log_in",
    "log_out",
    "refresh_session",
    "require",
    "require_login",
    "sign_up",
]
