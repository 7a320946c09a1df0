"""The chart's network policy follows every address that the settings know."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from bot.settings import Settings
from bot.settings.kinds import Url

HELPERS = Path(__file__).parents[2] / "deploy" / "helm" / "sfint" / "templates" / "_helpers.tpl"
_ONLY_NAMED = {"salesforce.audience", "integrations.webhook.webhook"}
"""Words in a token, and what a registration is compared with: nobody dials them."""
_NOT_BY_URL = {"kafka.bootstrap_servers"}
_IS_URL = get_args(Url)[1]


def _addresses(kind: type[BaseModel], path: str = "") -> Iterator[str]:
    """The paths of all settings that are an address, targets' names left out."""
    for name, field in kind.model_fields.items():
        if _IS_URL in field.metadata or _mentions(field.annotation):
            yield f"{path}{name}"
        for section in _sections(field.annotation):
            yield from _addresses(section, f"{path}{name}." if name != "targets" else "")


def _mentions(annotation: Any) -> bool:
    return _IS_URL in getattr(annotation, "__metadata__", ()) or any(map(_mentions, get_args(annotation)))


def _sections(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and get_origin(annotation) is None:
        return [annotation]
    return [section for part in get_args(annotation) for section in _sections(part)]


def test_the_network_policy_knows_every_address_of_the_settings() -> None:
    """One that is added to the settings and not there could not be dialled at another port than 443."""
    dug = re.findall(
        r'\(?dig ((?:"\w+" )+)(?:""|list) \$(?:config|target)\)?', HELPERS.read_text(encoding="utf-8")
    )
    followed = {".".join(re.findall(r'"(\w+)"', path)) for path in dug}

    wanted = set(_addresses(Settings)) - _ONLY_NAMED | _NOT_BY_URL
    assert "argocd.url" in wanted
    assert wanted <= followed
    assert {path for path in followed if path.endswith(("url", "_endpoint", "_servers"))} <= wanted
