"""Every setting is documented, and a wrong one is told by the name of its variable."""

import re
from base64 import b64encode
from pathlib import Path

import pytest

from app.platform.settings import InvalidSettings, Settings, read_settings

VARIABLES = {name.upper(): field for name, field in Settings.model_fields.items()}
SHORT_SECRET = "only thirty-one characters long"


def documented(root: Path) -> dict[str, tuple[str, str]]:
    """Default and meaning by variable, as docs/configuration.md tables them."""
    lines = (root / "docs" / "configuration.md").read_text(encoding="utf-8").splitlines()
    rows = (re.fullmatch(r"\| `([A-Z_]+)` \| (.+) \| (.+) \|", line) for line in lines)
    return {row[1]: (row[2].strip(), row[3].strip()) for row in rows if row}


def shown_default(variable: str) -> str:
    default = VARIABLES[variable].get_default(call_default_factory=True)
    if default in ("", [], None):
        return "empty"
    value = ",".join(default) if isinstance(default, list) else str(default)
    return f"`{value.lower() if isinstance(default, bool) else value}`"


def test_every_setting_is_described() -> None:
    silent = [name for name, field in VARIABLES.items() if not (field.description or "").strip()]

    assert not silent, f"settings without a description: {silent}"


def test_the_documentation_lists_every_variable_with_its_default(root: Path) -> None:
    listed = documented(root)

    assert listed.keys() == VARIABLES.keys(), "docs/configuration.md and Settings differ in these"
    assert {name: default for name, (default, _) in listed.items()} == {name: shown_default(name) for name in VARIABLES}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "mysql://somebody:s3cret@example.com/rapport"),
        ("DATABASE_URL", "s3cret but no address"),
        ("DATABASE_OWNER_URL", "sqlite:///s3cret"),
        ("REDIS_URL", "http://:s3cret@example.com"),
        ("SECRET_KEY", SHORT_SECRET),
        ("ENCRYPTION_KEYS", "s3cret"),
        ("ENCRYPTION_KEYS", "one:s3cret"),
        ("ENCRYPTION_KEYS", "one:" + b64encode(b"s3cret").decode()),
        ("ENCRYPTION_KEYS", f"an id that is too long:{SHORT_SECRET}"),
        ("ENCRYPTION_KEYS", "one:{0},one:{0}".format(b64encode(b"1" * 32).decode())),
        ("ACCESS_TOKEN_MINUTES", "0"),
        ("ACCESS_TOKEN_MINUTES", "soon"),
        ("REFRESH_TOKEN_DAYS", "366"),
        ("DATABASE_POOL_SIZE", "0"),
        ("SWEEP_SECONDS", "0"),
        ("SHUTDOWN_SECONDS", "301"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "LOUD"),
        ("OUTGOING_ALLOW_PRIVATE", "http://n8n.internal"),
        ("OUTGOING_ALLOW_HTTP", "perhaps"),
        ("DEMO", "perhaps"),
    ],
)
def test_a_wrong_value_names_its_variable_and_keeps_its_secret(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(InvalidSettings) as refused:
        read_settings(_env_file=None)

    (line,) = str(refused.value).splitlines()
    assert line.startswith(f"{variable}: ")
    assert "s3cret" not in line
    assert SHORT_SECRET not in line


def test_each_wrong_value_has_its_own_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCESS_TOKEN_MINUTES", "0")
    monkeypatch.setenv("LOG_FORMAT", "xml")

    with pytest.raises(InvalidSettings) as refused:
        read_settings(_env_file=None)

    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == [
        "ACCESS_TOKEN_MINUTES",
        "LOG_FORMAT",
    ]


def test_settings_that_are_printed_keep_their_secrets() -> None:
    key = b64encode(b"s3crets3crets3crets3crets3crets!")
    secrets = {
        "database_url": "postgresql://somebody:s3cret@example.com/rapport",
        "database_owner_url": "postgresql://owner:s3cret@example.com/rapport",
        "redis_url": "redis://:s3cret@example.com",
        "secret_key": "s3cret" * 6,
        "encryption_keys": f"one:{key.decode()}",
        "smtp_url": "smtp://somebody:s3cret@example.com",
        "twilio_auth_token": "s3cret",
    }
    settings = Settings(_env_file=None, mail_from="mail@example.com", **secrets)

    assert not [name for name in secrets if f"{name}=" in repr(settings)]
    assert "s3cret" not in repr(settings)
