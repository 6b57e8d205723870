"""The names of the small practice's rows about messages."""

MESSAGES_OF_ONE = {
    "message_templates": ["one/Own"],
    "message_hooks": ["one/Own"],
    "communications": ["one/anna/EMAIL/SENT", "one/anna/PHONE/LOGGED"],
}
MESSAGES_OF_OTHER = {
    "message_templates": ["other/Own"],
    "message_hooks": ["other/Own"],
    "communications": ["other/carl/EMAIL/SENT", "other/carl/PHONE/LOGGED"],
}
TEMPLATES_OF_ONE = {"message_templates": ["one/Own"]}
TEMPLATES_OF_OTHER = {"message_templates": ["other/Own"]}
