"""Asking Integrations Core which webhook is registered for a target's bot."""

from __future__ import annotations

from typing import Protocol

from bot.domain.webhook import Registration


class Registrations(Protocol):
    """No read is documented: the address and the place in its answer are the company's own, by configuration."""

    async def registration(self) -> Registration:
        """What is registered. Raises NotFound for none, Unreachable, AccessDenied, RateLimited or BadAnswer."""
