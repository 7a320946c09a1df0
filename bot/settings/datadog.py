"""What may be configured about Datadog for one target: the way in, which spans are its own, how often we ask."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from bot.domain.datadog import Datadog
from bot.settings.kinds import Listed, Seconds, Secret, Url, matching
from bot.settings.section import Section

_DATADOG = Datadog()

Site = Annotated[
    str, AfterValidator(matching(r"[a-z0-9-]+(\.[a-z0-9-]+)+", "must be a site of Datadog: datadoghq.eu"))
]
Facet = Annotated[str, AfterValidator(matching(r"@?[A-Za-z][\w.\-]*", "must be a span attribute: @userID"))]
Operation = Annotated[str, Field(min_length=1, max_length=100)]
Operations = Annotated[tuple[Operation, ...], Listed]


class DatadogSettings(Section):
    """Targets with the same site and keys share one ration of requests: Datadog grants 300 an hour.

    `url` is only for another address than https://api.<site>. The application key needs the scope apm_read.
    """

    site: Site = "datadoghq.com"
    url: Url | None = Field(default=None, examples=["https://api.datadoghq.eu"])
    api_key: Secret = Field(examples=["env:DATADOG_API_KEY"])
    application_key: Secret = Field(examples=["env:DATADOG_APPLICATION_KEY"])
    service: Annotated[str, Field(min_length=1)] = _DATADOG.service
    env: str = Field(default=_DATADOG.env, examples=["production"])
    token_operations: Operations = _DATADOG.token_operations
    poll_operations: Operations = _DATADOG.poll_operations
    chat_operations: Operations = _DATADOG.chat_operations
    session_facet: Facet = _DATADOG.session_facet
    window_seconds: Annotated[int, Field(ge=10, le=86_400)] = _DATADOG.window_seconds
    minimum_spans: Annotated[int, Field(ge=1, le=1_000_000)] = _DATADOG.minimum_spans
    error_share: Annotated[float, Field(gt=0, le=1)] = _DATADOG.error_share
    sampled_spans: Annotated[int, Field(ge=1, le=100)] = _DATADOG.sampled_spans
    requests_per_hour: Annotated[int, Field(ge=1, le=100_000)] = 300
    reserve: Annotated[int, Field(ge=0, le=100_000)] = 60
    cache_seconds: Annotated[float, Field(ge=0, le=3600)] = 60.0
    samples_cache_seconds: Annotated[float, Field(ge=0, le=3600)] = 300.0
    deadline_seconds: Seconds = 5.0

    @property
    def address(self) -> str:
        """Where the API is."""
        return self.url or f"https://api.{self.site}"

    @property
    def account(self) -> tuple[str, str, str]:
        """Who shares a ration."""
        return self.address, self.api_key.get_secret_value(), self.application_key.get_secret_value()

    def expectations(self) -> Datadog:
        """The domain's value, without the keys."""
        return Datadog(
            service=self.service,
            env=self.env,
            token_operations=self.token_operations,
            poll_operations=self.poll_operations,
            chat_operations=self.chat_operations,
            session_facet=self.session_facet,
            window_seconds=self.window_seconds,
            minimum_spans=self.minimum_spans,
            error_share=self.error_share,
            sampled_spans=self.sampled_spans,
        )
