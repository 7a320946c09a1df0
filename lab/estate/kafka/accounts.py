"""Who may come in, and what is denied to whom: API keys of the cluster and deny rules like ACLs."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from enum import StrEnum


class Resource(StrEnum):
    """What a rule is about."""

    TOPIC = "topic"
    GROUP = "group"
    CLUSTER = "cluster"


class Operation(StrEnum):
    """What somebody does to it; ALL in a rule means each of them."""

    ALL = "all"
    READ = "read"
    WRITE = "write"
    CREATE = "create"
    DELETE = "delete"
    ALTER = "alter"
    DESCRIBE = "describe"
    DESCRIBE_CONFIGS = "describe-configs"
    ALTER_CONFIGS = "alter-configs"


@dataclass(frozen=True)
class Rule:
    """One denial; `*` stands for every name."""

    resource: Resource
    name: str = "*"
    operation: Operation = Operation.ALL

    def denies(self, resource: Resource, name: str, operation: Operation) -> bool:
        """Whether it covers this act."""
        return (
            self.resource is resource and self.name in ("*", name) and self.operation in (Operation.ALL, operation)
        )


@dataclass
class Account:
    """An API key and its secret; everything is allowed that no rule denies."""

    key: str
    secret: str
    rules: list[Rule] = field(default_factory=list)

    def deny(self, resource: Resource, name: str = "*", operation: Operation = Operation.ALL) -> Rule:
        """Take a permission away; keep the result to `allow` it again."""
        rule = Rule(resource, name, operation)
        self.rules.append(rule)
        return rule

    def allow(self, rule: Rule) -> None:
        """Take one denial back."""
        self.rules.remove(rule)

    def allow_all(self) -> None:
        """Take every denial back."""
        self.rules.clear()

    def may(self, operation: Operation, resource: Resource, name: str = "kafka-cluster") -> bool:
        """Whether no rule stands against it."""
        return not any(rule.denies(resource, name, operation) for rule in self.rules)


class Accounts:
    """Every account by its key."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}

    def add(self, key: str, secret: str | None = None) -> Account:
        """A new account; a secret is made up when none is given."""
        account = Account(key, secret if secret is not None else secrets.token_urlsafe(32))
        self.admit(account)
        return account

    def admit(self, account: Account) -> None:
        """An account that is there already, or was revoked."""
        self._accounts[account.key] = account

    def revoke(self, key: str) -> None:
        """The key is good for nothing from now on; open connections stay open, as with a real broker."""
        del self._accounts[key]

    def sign_in(self, key: str, secret: str) -> Account | None:
        """The account, if both fit."""
        account = self._accounts.get(key)
        return account if account is not None and secrets.compare_digest(account.secret, secret) else None
