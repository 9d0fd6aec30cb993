"""What the settings table may hold, for pydantic; imported only when there is a table."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


_Texts = Annotated[list[str], BeforeValidator(_listed)]
_Filled = Annotated[str, Field(min_length=1)]


class _Schema(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)


class TransportSchema(_Schema):
    """How we start a server over one transport."""

    command: _Filled
    args: list[str] = Field(default_factory=list)
    env: dict[str, str] = Field(default_factory=dict)
    url: _Filled | None = None
    cwd: _Filled | None = None


class TransportsSchema(_Schema):
    """One key for each transport that we can start."""

    http: TransportSchema | None = None


class OAuthSchema(_Schema):
    """Credentials for a server that demands a bearer token."""

    client_id: _Filled
    client_secret: _Filled
    issuer: _Filled
    scope: str | None = None


class ServerSchema(_Schema):
    """What may be said about one server."""

    timeout: float | None = None
    oauth: OAuthSchema | None = None
    transports: TransportsSchema = Field(default_factory=TransportsSchema)
    tools: dict[str, dict[str, Any]] = Field(default_factory=dict)


class TableSchema(_Schema):
    """The whole table: options by their long names, and the servers."""

    config: _Texts | None = None
    suite: _Texts | None = None
    seed: int | None = None
    timeout: float | None = None
    deep: bool | None = None
    deep_seconds: float | None = None
    sandbox: str | None = None
    fail_on: str | None = None
    gate: str | None = None
    db: str | None = None
    report: str | None = None
    servers: dict[str, ServerSchema] = Field(default_factory=dict)


def allowed_keys(keys: tuple[str, ...]) -> list[str]:
    """The keys that may stand under ``keys``."""
    level: type[_Schema] = TableSchema
    if keys[:1] == ("servers",) and keys[2:] == ("oauth",):
        level = OAuthSchema
    elif keys[:1] == ("servers",):
        level = (TableSchema, TableSchema, ServerSchema, TransportsSchema, TransportSchema)[len(keys)]
    return list(level.model_fields)
