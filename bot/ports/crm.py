"""Asking Salesforce for a token, making one call with it, and reading its rows."""

from __future__ import annotations

from typing import Protocol

from bot.domain.crm_query import QueryAnswer
from bot.domain.salesforce import CallAnswer, TokenAnswer


class Crm(Protocol):
    """Never raises for what Salesforce answers: the verdict says what it was."""

    async def log_in(self) -> TokenAnswer:
        """One token request; single flight; answered from memory where asking could lock the account."""

    async def call(self, answer: TokenAnswer) -> CallAnswer:
        """`GET /services/data/vNN.0/limits` with the token of `answer`, an empty one included."""

    async def query(self, soql: str) -> QueryAnswer:
        """`GET …/query?q=` and its next pages, up to 10,000 rows; an ended session is renewed once.

        Whatever came from a person or a log goes into `soql` through `bot.domain.soql`, and in no other way.
        """
