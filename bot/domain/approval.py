"""An approval: who decided what about which plan hash, and the rules that let them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.actor import Actor, Place, Role, Roles
from bot.domain.remediation import Plan
from bot.domain.target import Target


class Choice(StrEnum):
    """What a button of the plan card means."""

    APPROVE = "approve"
    APPROVE_DATA_LOSS = "approve-data-loss"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Decision:
    """A click on a plan card; `clicked_at` is when it reached us, not when it was worked on."""

    run_id: str
    choice: Choice
    plan_hash: str
    by: str
    by_team_id: str
    clicked_at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Allowed:
    """A rule's answer that carries its reason, whichever way it went."""

    yes: bool
    reason: str


def may_ask(actor: Actor, place: Place, target: Target, role: Role, roles: Roles, home_team: str) -> Allowed:
    """May this person use a command that needs `role`, for this target, in this place? Deny by default."""
    refusals = (
        (actor.team_id != home_team, "you belong to another workspace"),
        (actor.is_guest, "guests and bots get nothing here"),
        (not place.is_joined, "I am no member of this channel, so I cannot see with whom it is shared"),
        (place.is_externally_shared, "this channel is shared with another organisation"),
        (place.channel_id not in target.channels, f"target `{target.name}` does not answer in this channel"),
        (not roles.holds(actor.user_id, role), f"you do not hold the role `{role}`"),
    )
    return _first(refusals, f"holds the role `{role}`")


def may_decide(
    decision: Decision, plan: Plan, requested_by: str, expires_at: datetime, roles: Roles, home_team: str
) -> Allowed:
    """May this decision stand? Checked at the click and again at execution."""
    approves = decision.choice is not Choice.DENY
    needs_loss = plan.binding.accepts_data_loss
    refusals = (
        (decision.by_team_id != home_team, "you belong to another workspace"),
        (decision.clicked_at > expires_at, "this request has expired; ask again for a fresh plan"),
        (decision.plan_hash != plan.hash, "this card shows an older plan; ask again for a fresh one"),
        (approves and decision.by == requested_by, "the requester never approves their own request"),
        (
            not roles.holds(decision.by, Role.APPROVER) and not (decision.by == requested_by and not approves),
            "you do not hold the role `approver`",
        ),
        (
            decision.choice is Choice.APPROVE and needs_loss,
            "this plan can lose data: it needs the button that accepts that",
        ),
    )
    return _first(refusals, "approver of this target")


def _first(refusals: tuple[tuple[bool, str], ...], otherwise: str) -> Allowed:
    for applies, reason in refusals:
        if applies:
            return Allowed(False, reason)
    return Allowed(True, otherwise)
