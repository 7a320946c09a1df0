"""What may be configured about Argo CD for one target."""

from __future__ import annotations

from pydantic import Field

from bot.domain.argocd import ArgoCd
from bot.settings.kinds import DnsName, ExistingFile, Seconds, Secret, Url
from bot.settings.section import Section


class ArgoCdSettings(Section):
    """The token is an account's or a project role's, with `applications, get` on this application."""

    url: Url = Field(examples=["https://argocd.example.com"])
    token: Secret = Field(examples=["env:ACME_ARGOCD_TOKEN"])
    application: DnsName = Field(examples=["acme-salesforce-integration"])
    project: str = Field(default="", examples=["integrations"])
    ca_file: ExistingFile | None = Field(default=None, examples=["/etc/sfint/argocd-ca.pem"])
    deadline_seconds: Seconds = 3.0

    def expectations(self) -> ArgoCd:
        """The domain's value, without the token."""
        return ArgoCd(self.application)
