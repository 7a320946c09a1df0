"""Who a token is and what that somebody may do, with the real server's words for a no."""

from __future__ import annotations

from dataclasses import dataclass, field

from lab.estate.kubernetes.errors import ApiError, forbidden, unauthorized
from lab.estate.kubernetes.resources import Resource

PUBLIC_PATHS = ("/version", "/livez", "/readyz", "/healthz")


@dataclass(frozen=True)
class Rule:
    """What a role grants: `resources` may name a subresource (`pods/log`), `names` single objects; `*` is all."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...]
    resources: tuple[str, ...]
    namespaces: tuple[str, ...] = ("*",)
    names: tuple[str, ...] = ("*",)

    def covers(self, verb: str, group: str, resource: str, namespace: str, name: str) -> bool:
        """Whether this rule grants it; a request that names no object needs a rule for all of them."""
        asked = (verb, group, resource, namespace, name)
        granted = (self.verbs, self.groups, self.resources, self.namespaces, self.names)
        return all("*" in have or want in have for want, have in zip(asked, granted, strict=True))


@dataclass
class User:
    """A person or a service account; `is_limited_to_scaling` puts the admission policy on its writes."""

    name: str
    rules: list[Rule] = field(default_factory=list)
    is_limited_to_scaling: bool = False

    def may(self, verb: str, group: str, resource: str, namespace: str, name: str = "") -> bool:
        """Whether any rule grants it."""
        return any(rule.covers(verb, group, resource, namespace, name) for rule in self.rules)


ANONYMOUS = User("system:anonymous")
EVERYTHING = Rule(("*",), ("*",), ("*",))


def bot_rules(
    namespaces: tuple[str, ...],
    *,
    may_delete_pods: bool,
    may_port_forward: bool = False,
    workloads: tuple[str, ...] = ("*",),
) -> list[Rule]:
    """The least that the bot needs in its namespaces, and nothing else; it may change `workloads` alone."""
    rules = [
        Rule(("list",), ("",), ("pods", "events", "services"), namespaces),
        Rule(("get",), ("",), ("pods/log",), namespaces),
        Rule(("get",), ("apps",), ("deployments", "statefulsets"), namespaces),
        Rule(("patch",), ("apps",), ("deployments", "statefulsets"), namespaces, workloads),
        Rule(("list",), ("autoscaling",), ("horizontalpodautoscalers",), namespaces),
    ]
    if may_delete_pods:
        rules.append(Rule(("delete",), ("",), ("pods",), namespaces))
    if may_port_forward:
        rules.append(Rule(("get", "create"), ("",), ("pods/portforward",), namespaces))
    return rules


def reading_rules(namespaces: tuple[str, ...]) -> list[Rule]:
    """Where the bot only looks at Deployments, their pods and their logs."""
    return [
        Rule(("get",), ("apps",), ("deployments",), namespaces),
        Rule(("list",), ("",), ("pods",), namespaces),
        Rule(("get",), ("",), ("pods/log",), namespaces),
    ]


class Gatekeeper:
    """Authentication by bearer token and authorization by rules."""

    def __init__(self) -> None:
        self._users: dict[str, User] = {}

    def admit(self, token: str, user: User) -> None:
        """From now on that token is that user."""
        self._users[token] = user

    def expel(self, token: str) -> None:
        """From now on that token is nobody's: 401, as after Rancher's time to live."""
        self._users.pop(token, None)

    def who(self, authorization: str | None) -> User:
        """The user behind an Authorization header; ApiError 401 for a token that is nobody's."""
        if not authorization:
            return ANONYMOUS
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or token.strip() not in self._users:
            raise unauthorized()
        return self._users[token.strip()]

    def check(
        self, user: User, verb: str, resource: Resource, namespace: str, name: str, subresource: str = ""
    ) -> None:
        """ApiError 403 unless the user may."""
        asked = f"{resource.plural}/{subresource}" if subresource else resource.plural
        if user.may(verb, resource.group, asked, namespace, name):
            return
        where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
        why = f'User "{user.name}" cannot {verb} resource "{asked}" in API group "{resource.group}" {where}'
        raise forbidden(resource, name, why)

    def check_path(self, user: User, verb: str, path: str) -> None:
        """ApiError 403 unless the path is open or the user is known (discovery is for every known user)."""
        if user is not ANONYMOUS or path.startswith(PUBLIC_PATHS):
            return
        why = f'forbidden: User "{user.name}" cannot {verb} path "{path}"'
        raise ApiError(403, "Forbidden", why, {})
