"""The environment variables, by the names they have in the cluster; a bad one panics as Go's envconfig does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PREFIX = "SALESFORCE-INTEGRATION_"


class BadEnvironmentError(Exception):
    """A variable is missing or not of its type; the text is envconfig's."""


@dataclass(frozen=True)
class Settings:
    """Everything the process was told. Addresses are `host:port`, intervals are seconds."""

    bind_host: str
    port: int
    jwt_secret: str
    sfc_client_id: str
    sfc_client_secret: str
    sfc_username: str
    sfc_password: str
    sfc_security_token: str
    sfc_login_url: str
    sfc_base_url: str
    sfc_chat_url: str
    sfc_organization_id: str
    sfc_deployment_id: str
    sfc_button_id: str
    sfc_api_version: int
    refuses_blocked_contacts: bool
    phone_prefixes: tuple[str, ...]
    redis_address: str
    redis_master: str
    redis_sentinel_addresses: tuple[str, ...]
    redis_password: str
    kafka_host: str
    kafka_port: int
    kafka_user: str
    kafka_password: str
    kafka_topics: tuple[str, ...]
    kafka_ca_file: str
    success_state: str
    timeout_state: str
    long_polling_interval: float
    redis_traffic_interval: float
    salesforce_traffic_interval: float


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def text(self, name: str, default: str | None = None) -> str:
        found = self._environ.get(PREFIX + name, default)
        if found is None:
            raise BadEnvironmentError(f"required key {PREFIX}{name} missing value")
        return found

    def integer(self, name: str, default: int) -> int:
        found = self.text(name, str(default))
        try:
            return int(found)
        except ValueError as error:
            details = f'strconv.ParseInt: parsing "{found}": invalid syntax'
            raise BadEnvironmentError(self._misfit(name, found, "int", details)) from error

    def boolean(self, name: str) -> bool:
        found = self.text(name, "false")
        if found.lower() not in ("true", "false", "1", "0", "t", "f"):
            details = f'strconv.ParseBool: parsing "{found}": invalid syntax'
            raise BadEnvironmentError(self._misfit(name, found, "bool", details))
        return found.lower() in ("true", "1", "t")

    def several(self, name: str, default: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.text(name, default).split(",") if part.strip())

    @staticmethod
    def _misfit(name: str, found: str, kind: str, details: str) -> str:
        member = name.title().replace("_", "")
        return (
            f"envconfig.Process: assigning {PREFIX}{name} to {member}: "
            f"converting '{found}' to type {kind}. details: {details}"
        )


def read(environ: Mapping[str, str]) -> Settings:
    """The settings, or BadEnvironmentError for the first mistake, as the real one stops at the first."""
    env = _Reader(environ)
    return Settings(
        bind_host=environ.get("POD_IP", "127.0.0.1"),
        port=env.integer("PORT", 8080),
        jwt_secret=env.text("JWT_SECRET"),
        sfc_client_id=env.text("SFC_CLIENT_ID"),
        sfc_client_secret=env.text("SFC_CLIENT_SECRET"),
        sfc_username=env.text("SFC_USERNAME"),
        sfc_password=env.text("SFC_PASSWORD"),
        sfc_security_token=env.text("SFC_SECURITY_TOKEN"),
        sfc_login_url=env.text("SFC_LOGIN_URL").rstrip("/"),
        sfc_base_url=env.text("SFC_BASE_URL").rstrip("/"),
        sfc_chat_url=env.text("SFC_CHAT_URL").rstrip("/"),
        sfc_organization_id=env.text("SFC_ORGANIZATION_ID"),
        sfc_deployment_id=env.text("SFC_DEPLOYMENT_ID"),
        sfc_button_id=env.text("SFC_BUTTON_ID"),
        sfc_api_version=env.integer("SFC_API_VERSION", 52),
        refuses_blocked_contacts=env.boolean("SFC_BLOCKED_CHAT_FIELD"),
        # The longer prefix comes first: 521 begins with 52.
        phone_prefixes=tuple(sorted(env.several("SFC_CODE_PHONE_REMOVE", "52,521"), key=len, reverse=True)),
        redis_address=env.text("REDIS_ADDRESS", ""),
        redis_master=env.text("REDIS_MASTER", "mymaster"),
        redis_sentinel_addresses=env.several("REDIS_SENTINEL_ADDRESS", ""),
        redis_password=env.text("REDIS_PASSWORD", ""),
        kafka_host=env.text("KAFKA_HOST", ""),
        kafka_port=env.integer("KAFKA_PORT", 9092),
        kafka_user=env.text("KAFKA_USER", ""),
        kafka_password=env.text("KAFKA_PASSWORD", ""),
        kafka_topics=env.several("KAFKA_TOPIC", ""),
        kafka_ca_file=env.text("LAB_KAFKA_CA_FILE", ""),
        success_state=env.text("SUCCESS_STATE", "from-sf-success"),
        timeout_state=env.text("TIMEOUT_STATE", "from-sf-timeout"),
        long_polling_interval=env.integer("LONG_POLLING_INTERVAL_MS", 1_000) / 1_000,
        redis_traffic_interval=env.integer("LAB_REDIS_TRAFFIC_MS", 500) / 1_000,
        salesforce_traffic_interval=env.integer("LAB_SALESFORCE_TRAFFIC_MS", 1_000) / 1_000,
    )
