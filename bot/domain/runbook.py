"""A runbook entry: Markdown with front matter that names what it explains and whom it concerns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from string import Formatter

from bot.domain.signature import Signature


class Team(StrEnum):
    """Who can be paged. The last two are outside the company."""

    OPS = "ops"
    PLATFORM = "platform"
    DEVOPS = "devops"
    INTEGRATIONS = "integrations"
    CLIENT_ADMIN = "client-admin"
    SALESFORCE = "salesforce"

    @property
    def is_external(self) -> bool:
        """Paged by a click only, unless the target says `page_external: true`."""
        return self in (Team.CLIENT_ADMIN, Team.SALESFORCE)


OUTSIDE_SECTIONS: Mapping[Team, str] = {
    Team.CLIENT_ADMIN: "For the client's admin",
    Team.SALESFORCE: "For the Salesforce team",
}
"""Heading of the section that is written for a team outside the company: what a mail to it is made of."""


class Link(StrEnum):
    """The links that a page may ask for; their addresses are templates in the settings of a target."""

    RANCHER_REDIS = "rancher-redis"
    RANCHER_MIDDLEWARE = "rancher-middleware"
    DATADOG_TOKEN = "datadog-token"  # noqa: S105  (a link's name, not a secret)
    DATADOG_CHATS = "datadog-chats"
    DATADOG_POLLS = "datadog-polls"
    ARGOCD = "argocd"
    CONFLUENT_TOPICS = "confluent-topics"
    CONFLUENT_GROUPS = "confluent-groups"


class Severity(StrEnum):
    """PagerDuty's words. `info` pages nobody."""

    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Entry:
    """One of the fourteen pages. `teams` are in paging order; `findings` are the codes it explains."""

    id: str
    title: str
    teams: tuple[Team, ...]
    severity: Severity
    reviewed: date
    findings: tuple[str, ...]
    remediations: tuple[str, ...]
    signatures: tuple[Signature, ...]
    links: Mapping[str, str]
    body: str
    summary: str
    """The first paragraph of the body: what a card shows."""
    informational: tuple[str, ...] = ()
    """Those of `findings` that page nobody."""
    link_labels: Mapping[str, str] = field(default_factory=dict)
    """Link name -> label, as the page asks for them; `links` is label -> address, once a target has filled it."""

    @property
    def pages_somebody(self) -> bool:
        """False for informational entries."""
        return self.severity is not Severity.INFO and bool(self.teams)

    def pages_for(self, code: str) -> bool:
        """True where a failing finding with this code concerns a team."""
        return self.pages_somebody and code not in self.informational

    def section(self, heading: str) -> str:
        """The text below the heading of this name, up to the next of its level; empty where there is none."""
        lines = self.body.splitlines()
        wanted = f"## {heading}".casefold()
        begin = next((nth for nth, line in enumerate(lines) if line.strip().casefold() == wanted), len(lines))
        rest = lines[begin + 1 :]
        end = next((nth for nth, line in enumerate(rest) if line.startswith(("# ", "## "))), len(rest))
        return "\n".join(rest[:end]).strip()

    def linked(self, templates: Mapping[str, str], names: Mapping[str, str]) -> Entry:
        """The same entry with its links: label -> address. No template, or no word for a placeholder: no link."""
        wanted = {label: templates[name] for name, label in self.link_labels.items() if name in templates}
        links = {label: text.format_map(names) for label, text in wanted.items() if _is_filled(text, names)}
        return replace(self, links=links)


def _is_filled(template: str, names: Mapping[str, str]) -> bool:
    """True where every placeholder has something to stand for it."""
    return all(name is None or bool(names.get(name)) for _, name, _, _ in Formatter().parse(template))
