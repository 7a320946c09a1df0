"""What `sfint config check` prints: the mistakes, or what is in force without any secret."""

from __future__ import annotations

from bot.domain.actor import EVERYBODY, Role, Roles
from bot.settings.problems import SettingsProblems
from bot.settings.schema import Settings
from bot.settings.target import TargetSettings


def render_problems(problems: SettingsProblems) -> str:
    """One line a mistake, under a line that counts them."""
    count = len(problems.problems)
    head = f"{count} mistake{'s' if count > 1 else ''} in the configuration:"
    return "\n".join([head, *(f"  {problem}" for problem in problems.problems)])


def config_check(settings: Settings) -> str:
    """A summary of what is in force, and warnings about what is allowed yet seldom meant."""
    lines = ["configuration is valid", f"slack: {settings.slack.mode}, workspace {settings.slack.team_id}"]
    roles = settings.roles()
    lines += [f"role {role}: {_people(roles, role)}" for role in Role]
    lines += [f"team {team}: {_reach(settings, team)}" for team in settings.teams]
    for name, target in settings.targets.items():
        lines += _target(name, target)
    return "\n".join([*lines, *(f"warning: {warning}" for warning in _warnings(settings, roles))])


def _people(roles: Roles, role: Role) -> str:
    if roles.holds(EVERYBODY, role):
        return "everybody"
    return ", ".join(roles.named(role)) or "nobody"


def _reach(settings: Settings, team: str) -> str:
    way = {str(key): value for key, value in settings.teams.items()}[team]
    told = [f"group {way.slack_group}"] if way.slack_group else []
    told += ["PagerDuty"] if way.pagerduty_routing_key.get_secret_value() else []
    told += [f"{len(way.contacts)} contacts"] if way.contacts else []
    told += [f"e-mail to {len(way.emails)}"] if way.emails else []
    return ", ".join(told) or "no way to reach it"


def _target(name: str, target: TargetSettings) -> list[str]:
    kubernetes = target.kubernetes
    way = "in-cluster account" if kubernetes.in_cluster else str(kubernetes.kubeconfig or kubernetes.url)
    redis = target.redis
    return [
        f"target {name}: mode {target.mode}, channels {', '.join(sorted(target.channels))}",
        f"  kubernetes: {way}, namespace {target.namespace}",
        f"  redis: statefulset {redis.statefulset}, {redis.replicas} replicas, master {redis.master_name}, "
        f"password {'set' if redis.password.get_secret_value() else 'not set'}, "
        f"TLS {'on' if redis.tls.enabled else 'off'}, reach {redis.reach}",
        f"  middleware: deployment {target.middleware.deployment}",
        f"  salesforce: {target.salesforce.login_url} as {target.salesforce.username or 'the run-as user'}, "
        f"flow {target.salesforce.flow}",
        *_kafka(target),
    ]


def _kafka(target: TargetSettings) -> list[str]:
    kafka = target.kafka
    if kafka is None:
        return []
    expected = f"{len(kafka.expected_topics)} expected topics" if kafka.expected_topics else "no expected topics"
    traffic = f"Confluent's metrics of {kafka.confluent.cluster_id}" if kafka.confluent else "broker offsets"
    return [f"  kafka: {', '.join(kafka.bootstrap_servers)}, {expected}, traffic from {traffic}"]


def _warnings(settings: Settings, roles: Roles) -> list[str]:
    warnings = [f"nobody holds the role {role}" for role in Role if _people(roles, role) == "nobody"]
    if roles.holds(EVERYBODY, Role.APPROVER):
        warnings.append("everybody may approve repairs")
    approvers = roles.named(Role.APPROVER)
    if len(approvers) == 1 and approvers == roles.named(Role.REQUESTER):
        warnings.append("the only approver is the only requester, and nobody approves their own request")
    warnings += [
        f"target {name} is the default in no channel: every command needs --target {name}"
        for name, target in settings.targets.items()
        if not target.default_in
    ]
    return warnings
