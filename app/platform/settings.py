"""What can be configured, from the environment and `.env`; a wrong value stops the start and names its variable."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from app.platform.encryption import read_master_keys
from app.platform.mail import read_sender
from app.platform.mail_smtp import read_smtp_url
from app.platform.outgoing_guard import Allowed


class InvalidSettings(ValueError):
    """The message names each variable that is wrong, and why."""


class Settings(BaseSettings):
    """Every setting is a variable of the environment of the same name in capitals."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True)

    database_url: str = Field(
        "", repr=False, description="The application's role in PostgreSQL 15 to 18. Empty: an embedded server."
    )
    database_owner_url: str = Field(
        "",
        repr=False,
        description="The role that owns the tables and migrates. Empty: `DATABASE_URL`, with a drop of rights.",
    )
    database_pooler: str = Field(
        "none",
        pattern="^(none|transaction)$",
        description="`transaction`: `DATABASE_URL` leads through a pooler in transaction mode, such as pgbouncer.",
    )
    redis_url: str = Field(
        "",
        repr=False,
        description="Redis or Valkey 6.2 and up, or nodes of a cluster with commas between. Empty: an embedded server.",
    )
    data_dir: Path = Field(Path(".data"), description="Where the embedded servers and generated keys live.")
    secret_key: str = Field(
        "",
        repr=False,
        description="Signs access tokens, 32 characters and up. Empty: made once, kept in `DATA_DIR`.",
    )
    encryption_keys: str = Field(
        "",
        repr=False,
        description="Keys that wrap the keys of what is encrypted, `id:base64`, with commas between; the first"
        " encrypts, all decrypt. Empty: those of `ENCRYPTION_KEY_FILE`.",
    )
    encryption_key_file: Path | None = Field(
        None,
        description="A file of mode 600 with such keys, one on each line. Empty: with embedded servers made once, kept"
        " in `DATA_DIR`; with `DATABASE_URL` the start is refused without keys.",
    )
    public_url: str = Field(
        "",
        description="Where people reach the practice, `https://…`; links in mail and calendars begin with it. Empty:"
        " without links.",
    )
    mail_from: str = Field(
        "", description="Who mail comes from, `A practice <hello@example.com>`. To be set with `SMTP_URL`."
    )
    smtp_url: str = Field(
        "",
        repr=False,
        description="The mail server, `smtp://user:password@host:587` or `smtps://…`. Empty: mail becomes files in"
        " `DATA_DIR`.",
    )
    access_token_minutes: int = Field(15, ge=1, le=1_440, description="How long an access token is good for.")
    refresh_token_days: int = Field(30, ge=1, le=365, description="How long a log-in lasts without being used.")
    allowed_origins: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="Web origins besides the server's own that may open websockets and call it, with commas between.",
    )
    allowed_hosts: Annotated[list[str], NoDecode] = Field(
        default_factory=lambda: ["*"],
        description="Values of the Host header that are answered, with commas between; `*` for any.",
    )
    database_pool_size: int = Field(
        10, ge=1, le=200, description="Connections to PostgreSQL of each server process; as many again at a peak."
    )
    sweep_seconds: float = Field(10.0, gt=0, le=600, description="How often open views are compared with the database.")
    shutdown_seconds: int = Field(10, ge=1, le=300, description="How long a stopping server lets requests finish.")
    worker: bool = Field(
        True, description="Do jobs in server processes too. Switched off, `rapport worker` has to do them."
    )
    worker_jobs: int = Field(4, ge=2, le=100, description="How many jobs one worker does at the same time.")
    worker_heartbeat_seconds: float = Field(
        10.0, ge=0.5, le=300, description="How long a worker may be silent before another one takes its jobs over."
    )
    metrics_port: int = Field(
        0, ge=0, le=65_000, description="Where Prometheus finds figures of this process; 0 for nowhere."
    )
    metrics_host: str = Field("127.0.0.1", description="The address that the figures are served at.")
    log_format: str = Field("auto", pattern="^(auto|json|console)$", description="`json`, `console`, or by terminal.")
    log_level: str = Field(
        "INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="The least level that is logged."
    )
    legacy_sockets: bool = Field(
        False, description="Also speak the older `graphql-ws` protocol of `subscriptions-transport-ws` on websockets."
    )
    trusted_documents: str = Field(
        "", description="A manifest of the only documents that are executed. Empty: any document."
    )
    compiled_executor: bool = Field(
        True, description="Execute operations by compiled plans. Switched off, answers are the same and slower."
    )
    twilio_auth_token: str = Field("", repr=False, description="The account's secret.")
    twilio_from: str = Field(
        "",
        pattern=r"^(\+[1-9][0-9]{6,14}|MG[0-9a-fA-F]{32})?$",
        description="The number that SMS come from, `+` and digits, or the id of a messaging service, `MG` and 32.",
    )
    twilio_base_url: str = Field(
        "https://api.twilio.com",
        pattern="^https?://[^/@]+/?$",
        description="Where Twilio's API is; another one for a region or for tests.",
    )
    twilio_account_sid: str = Field(
        "",
        pattern="^(AC[0-9a-fA-F]{32})?$",
        description="The account at Twilio that SMS are sent through, `AC` and 32 digits. Empty: none are sent.",
    )
    phrasing_model: str = Field("", max_length=200, description="The name of the model that is asked.")
    phrasing_key: str = Field(
        "", repr=False, description="What the model's server knows this one by; it may need none."
    )
    phrasing_url: str = Field(
        "",
        description="Where a language model puts recommendations into words, by the chat interface of OpenAI:"
        " `https://…/v1/chat/completions`. Empty: none is.",
    )
    outgoing_allow_private: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="Host names and networks of your own that webhooks and outside calendars may lead to although they"
        " are not public, and without TLS, with commas between: `n8n.internal,10.1.0.0/16`.",
    )
    outgoing_allow_http: bool = Field(
        False, description="Also ask public addresses that begin with `http://`, which anybody on the way can read."
    )
    risk_crisis_minutes: int = Field(
        10, ge=1, le=1_440, description="How long nobody may acknowledge an alert of a crisis until admins are told."
    )
    risk_high_minutes: int = Field(240, ge=1, le=10_080, description="The same of a high risk.")
    risk_escalations: int = Field(
        12, ge=1, le=100, description="How often admins are told of one alert, each time after as long again."
    )
    messages_per_hour: int = Field(
        200, ge=1, le=100_000, description="How many messages one user sends within an hour, through hooks too."
    )
    webhook_tests_per_hour: int = Field(
        60, ge=1, le=100_000, description="How many tests of webhooks one user has sent within an hour."
    )
    calendar_fetches_per_hour: int = Field(
        60, ge=1, le=100_000, description="How often one user has outside calendars fetched at once within an hour."
    )
    notifications_kept_days: int = Field(
        365, ge=30, le=3_650, description="How long notifications are kept once read; unread, twice as long."
    )
    readyz_details: bool = Field(
        True, description="Say in the body of `/readyz` how much waits. Switched off, it says what is well only."
    )
    demo: bool = Field(False, description="Show the demo log-ins in GraphiQL; `rapport serve` sets it.")

    @property
    def is_pooled(self) -> bool:
        """Whether two transactions of one connection may meet two connections of PostgreSQL."""
        return self.database_pooler == "transaction"

    @field_validator("allowed_origins", "allowed_hosts", "outgoing_allow_private", mode="before")
    @classmethod
    def split_at_commas(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("outgoing_allow_private")
    @classmethod
    def names_hosts_and_networks(cls, value: list[str]) -> list[str]:
        Allowed.read(value)
        return value

    @field_validator("database_pooler")
    @classmethod
    def has_a_role_to_log_in_as(cls, value: str, info: ValidationInfo) -> str:
        if value == "transaction" and not (info.data.get("database_url") and info.data.get("database_owner_url")):
            raise ValueError(
                "behind a pooler no role can be assumed: set DATABASE_URL to the pooler's address with the"
                " application's own role, and DATABASE_OWNER_URL to PostgreSQL itself with the role that migrates"
            )
        return value

    @field_validator("database_url", "database_owner_url")
    @classmethod
    def use_asyncpg(cls, value: str) -> str:
        if not value:
            return value
        try:
            url = make_url(value)
        except ArgumentError:
            raise ValueError("is not a database URL; one looks like postgresql://user:password@host/database") from None
        if url.drivername not in {"postgresql", "postgres", "postgresql+asyncpg"}:
            raise ValueError(f"must begin with postgresql://, not {url.drivername}://")
        return url.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)

    @field_validator("redis_url")
    @classmethod
    def is_redis(cls, value: str) -> str:
        if value and not all(url.startswith(("redis://", "rediss://", "unix://")) for url in value.split(",")):
            raise ValueError("must begin with redis://, rediss:// or unix://, each of several with commas between")
        return value

    @field_validator("twilio_account_sid")
    @classmethod
    def has_all_that_sms_need(cls, value: str, info: ValidationInfo) -> str:
        if value and not (info.data.get("twilio_auth_token") and info.data.get("twilio_from")):
            raise ValueError("needs TWILIO_AUTH_TOKEN and TWILIO_FROM beside it")
        return value

    @field_validator("phrasing_url")
    @classmethod
    def leads_to_a_model(cls, value: str, info: ValidationInfo) -> str:
        if value:
            url = urlsplit(value)
            if url.scheme not in {"http", "https"} or not url.hostname or url.username or url.fragment:
                raise ValueError("must look like https://example.com/v1/chat/completions")
            if not info.data.get("phrasing_model"):
                raise ValueError("needs PHRASING_MODEL beside it")
        return value

    @field_validator("public_url")
    @classmethod
    def leads_somewhere(cls, value: str) -> str:
        if not value:
            return value
        url = urlsplit(value)
        if url.scheme not in {"http", "https"} or not url.hostname or url.query or url.fragment or url.username:
            raise ValueError("must look like https://example.com, with a path at most")
        if not (value.isascii() and value.isprintable()) or " " in value:
            raise ValueError("must have nothing but ASCII characters, and no spaces")
        return value.rstrip("/")

    @field_validator("mail_from")
    @classmethod
    def is_a_sender(cls, value: str) -> str:
        if value:
            read_sender(value)
        return value

    @field_validator("smtp_url")
    @classmethod
    def is_a_mail_server_with_a_sender(cls, value: str, info: ValidationInfo) -> str:
        if value:
            read_smtp_url(value)
            if info.data.get("mail_from") == "":
                raise ValueError("set MAIL_FROM too: mail needs a sender")
        return value

    @field_validator("secret_key")
    @classmethod
    def is_long_enough(cls, value: str) -> str:
        if value and len(value) < 32:
            raise ValueError("must have 32 characters or more")
        return value

    @field_validator("encryption_keys")
    @classmethod
    def holds_keys(cls, value: str) -> str:
        if value:
            read_master_keys(value)
        return value

    @field_validator("encryption_key_file", mode="before")
    @classmethod
    def empty_is_none(cls, value: object) -> object:
        return value or None


def read_settings(**given: object) -> Settings:
    """Settings of the environment; raises `InvalidSettings` with one line for each wrong variable."""
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as refused:
        lines = (f"{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in refused.errors(include_input=False))
        raise InvalidSettings("\n".join(lines)) from None
