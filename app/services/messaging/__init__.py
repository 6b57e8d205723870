"""Messages: their templates, communications, and the hooks by which programs send them."""

from app.services.messaging.communications import (
    ByHook,
    LogCommunication,
    SendMessage,
    access_communication,
    list_communications,
    log_communication,
    send_message,
)
from app.services.messaging.composing import Draft, MessagePreview, preview_message
from app.services.messaging.hooks import (
    CoachMessage,
    MadeMessageHook,
    NewMessageHook,
    OpenHook,
    accept_coach_message,
    access_message_hook,
    create_message_hook,
    find_accepted,
    list_message_hooks,
    open_hook,
    remove_message_hook,
)
from app.services.messaging.placeholders import PLACEHOLDERS
from app.services.messaging.sending import TRIES, Outgoing, begin_try, note_failure, note_sent
from app.services.messaging.starters import BUILT_IN, BuiltInMessageTemplate
from app.services.messaging.templates import (
    AnyMessageTemplate,
    MessageTemplateChanges,
    NewMessageTemplate,
    access_message_template,
    add_message_template,
    list_message_templates,
    remove_message_template,
    update_message_template,
)

__all__ = [
    "BUILT_IN",
    "PLACEHOLDERS",
    "TRIES",
    "AnyMessageTemplate",
    "BuiltInMessageTemplate",
    "ByHook",
    "CoachMessage",
    "Draft",
    "LogCommunication",
    "MadeMessageHook",
    "MessagePreview",
    "MessageTemplateChanges",
    "NewMessageHook",
    "NewMessageTemplate",
    "OpenHook",
    "Outgoing",
    "SendMessage",
    "accept_coach_message",
    "access_communication",
    "access_message_hook",
    "access_message_template",
    "add_message_template",
    "begin_try",
    "create_message_hook",
    "find_accepted",
    "list_communications",
    "list_message_hooks",
    "list_message_templates",
    "log_communication",
    "note_failure",
    "note_sent",
    "open_hook",
    "preview_message",
    "remove_message_hook",
    "remove_message_template",
    "send_message",
    "update_message_template",
]
