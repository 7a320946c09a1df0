"""Asking Salesforce for a token and making one call with it."""

from __future__ import annotations

from typing import Protocol

from bot.domain.salesforce import CallAnswer, TokenAnswer


class Crm(Protocol):
    """Never raises for what Salesforce answers: the verdict says what it was."""

    async def log_in(self) -> TokenAnswer:
        """One token request; single flight; answered from memory where asking could lock the account."""

    async def call(self, answer: TokenAnswer) -> CallAnswer:
        """`GET /services/data/vNN.0/limits` with the token of `answer`, an empty one included."""
