"""The methods of the Web API, one family a module; collect_methods() gathers them by name."""

from __future__ import annotations

from lab.slack.methods import chat, conversations, files, people, team, views
from lab.slack.methods.method import WebMethod

__all__ = ["WebMethod", "collect_methods"]


def collect_methods() -> dict[str, WebMethod]:
    """Every implemented method by its name."""
    families = (chat, conversations, files, people, team, views)
    return {method.name: method for family in families for method in family.methods()}
