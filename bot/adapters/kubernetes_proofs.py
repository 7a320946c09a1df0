"""Asks Kubernetes what our token may do, verb by verb; nothing is tried out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from bot.adapters.kubernetes_api import KubernetesApi
from bot.adapters.kubernetes_errors import TokenRefused
from bot.adapters.kubernetes_permissions import PERMISSIONS, READING, Need, Permission
from bot.domain.errors import AccessDenied, BadAnswer, Unreachable
from bot.domain.proof import Question, Spared

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


def kubernetes_questions(
    api: KubernetesApi, target: str, namespace: str, needs: Collection[Need], names: Mapping[str, str]
) -> tuple[Question, ...]:
    """The token first, then every permission; what `needs` does not hold is optional.

    `names` is resource -> the one object of it that we use: a Role may grant no more than that (`resourceNames`).
    """
    subject = f"kubernetes {target}"

    async def token() -> str:
        await _review(api, namespace, PERMISSIONS[0], "")
        return "the API server knows us"

    def question(permission: Permission) -> Question:
        is_needed = permission.need in {Need.ALWAYS, *needs}
        return _question(
            api, subject, namespace, permission, names.get(permission.resource, ""), is_needed=is_needed
        )

    put = f"put a new token into {api.credentials}; is the address the right one?"
    return (Question(subject, "token", token, put), *(question(each) for each in PERMISSIONS))


def reading_questions(api: KubernetesApi, target: str, namespace: str) -> tuple[Question, ...]:
    """The few permissions in a namespace where only services of others are looked at."""
    asked = (_question(api, f"integrations {target}", namespace, each, "", is_needed=True) for each in READING)
    return tuple(replace(question, what=f"{question.what} in {namespace}") for question in asked)


def _question(
    api: KubernetesApi, subject: str, namespace: str, permission: Permission, name: str, *, is_needed: bool
) -> Question:
    async def ask() -> str | Spared:
        return await _may(api, namespace, permission, name, is_needed=is_needed)

    fix = f"grant it in a Role of namespace {namespace}: {_rule(permission, name)}"
    return Question(subject, str(permission), unless_token_refused(ask), fix)


def unless_token_refused(ask: Callable[[], Awaitable[str | Spared]]) -> Callable[[], Awaitable[str | Spared]]:
    """A refused token is one thing that is missing, not every thing that it would open."""

    async def asked() -> str | Spared:
        try:
            return await ask()
        except TokenRefused as error:
            raise Unreachable("could not ask: the token was refused") from error

    return asked


async def _may(
    api: KubernetesApi, namespace: str, permission: Permission, name: str, *, is_needed: bool
) -> str | Spared:
    is_allowed, reason = await _review(api, namespace, permission, name)
    if is_allowed:
        return permission.why
    if not is_needed:
        return Spared(f"not granted; only needed {permission.need}")
    raise AccessDenied(f"not granted{f' ({reason})' if reason else ''}; needed: {permission.why}")


async def _review(api: KubernetesApi, namespace: str, permission: Permission, name: str) -> tuple[bool, str]:
    resource, _, subresource = permission.resource.partition("/")
    attributes = {"namespace": namespace, "verb": permission.verb, "group": permission.group, "resource": resource}
    if subresource:
        attributes["subresource"] = subresource
    if name:
        attributes["name"] = name
    body: dict[str, Any] = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    status = (await api.create(f"review whether we may {permission}", _REVIEWS, body)).get("status")
    if not isinstance(status, dict) or not isinstance(status.get("allowed"), bool):
        raise BadAnswer("Kubernetes answered a review without a verdict")
    return status["allowed"], str(status.get("reason") or status.get("evaluationError") or "")


def _rule(permission: Permission, name: str) -> str:
    groups, resources, verbs = (f'["{each}"]' for each in (permission.group, permission.resource, permission.verb))
    only = f', resourceNames: ["{name}"]' if name and permission.verb == "patch" else ""
    return f"{{apiGroups: {groups}, resources: {resources}{only}, verbs: {verbs}}}"
