"""Reading the application by which a target's workloads are deployed."""

from __future__ import annotations

from typing import Protocol

from bot.domain.argocd import Application


class Deployments(Protocol):
    """Argo CD. Raises Unreachable, AccessDenied (also where there is no such application) or BadAnswer."""

    async def application(self) -> Application:
        """The target's application as Argo CD last compared it; nothing is refreshed."""
