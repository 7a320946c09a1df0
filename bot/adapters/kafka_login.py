"""The way into a Kafka cluster, as librdkafka is configured with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class KafkaLogin:
    """The way in; an empty key means no SASL. Equal ones may share a link."""

    bootstrap_servers: tuple[str, ...]
    security_protocol: str = "SASL_SSL"
    sasl_mechanism: str = "PLAIN"
    api_key: str = field(default="", repr=False)
    api_secret: str = field(default="", repr=False)
    ca_file: str | None = None

    @property
    def where(self) -> str:
        """For messages: the first server."""
        return self.bootstrap_servers[0]

    def options(self) -> dict[str, Any]:
        """librdkafka's configuration."""
        made: dict[str, Any] = {
            "bootstrap.servers": ",".join(self.bootstrap_servers),
            "security.protocol": self.security_protocol,
            "client.id": "sfint",
            "log_level": 2,
        }
        if self.api_key:
            made |= {
                "sasl.mechanism": self.sasl_mechanism,
                "sasl.username": self.api_key,
                "sasl.password": self.api_secret,
            }
        return made | ({"ssl.ca.location": self.ca_file} if self.ca_file else {})
