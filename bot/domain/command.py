"""The catalogue: every command with its arguments, options, role and examples; help and parsing come from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.domain.actor import Role
from bot.domain.contact import read_address


@dataclass(frozen=True, slots=True)
class Argument:
    """A positional argument; `choices` empty means free text; `repeats` takes all that is left."""

    name: str
    meaning: str
    required: bool = False
    repeats: bool = False
    choices: tuple[str, ...] = ()
    verbatim: bool = False
    """Takes everything after the options as it was typed, quotes and dashes too."""
    accepts: Callable[[str], bool] | None = None
    """Judges all words of the argument together, joined by blanks."""
    wanted: str = ""
    """What is said of words that are not accepted: `must be …`."""
    is_personal: bool = False
    """Its words are somebody's personal data: they are never said back."""


@dataclass(frozen=True, slots=True)
class Option:
    """`--name` or `--name VALUE`; `metavar` empty means a switch."""

    name: str
    meaning: str
    metavar: str = ""


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """What one word after `/sfint` accepts."""

    name: str
    summary: str
    role: Role
    arguments: tuple[Argument, ...] = ()
    options: tuple[Option, ...] = ()
    examples: tuple[str, ...] = ()
    changes_something: bool = False
    checks: tuple[str, ...] = ()
    """The checks whose findings are the answer, for commands that only ask."""
    title: str = ""
    """Heading of that answer."""

    @property
    def is_personal(self) -> bool:
        """True when what is typed after its name must not be said back."""
        return any(argument.is_personal for argument in self.arguments)


@dataclass(frozen=True, slots=True)
class Command:
    """A parsed command: nothing in it is unknown to the catalogue."""

    name: str
    arguments: tuple[str, ...] = ()
    options: Mapping[str, str | bool] | None = None

    def option(self, name: str) -> str | None:
        """The option's value, or None when it was not given."""
        value = (self.options or {}).get(name)
        return value if isinstance(value, str) else None

    def switched(self, name: str) -> bool:
        """True when the switch was given."""
        return (self.options or {}).get(name) is True


@dataclass(frozen=True, slots=True)
class UsageProblem:
    """Why a text is not a command: names the argument, shows an example that works, may suggest."""

    reason: str
    example: str
    suggestion: str = ""


COMPONENTS = (
    "redis",
    "salesforce",
    "kafka",
    "live-chat",
    "integrations",
    "middleware",
    "datadog",
    "argocd",
)
_TARGET = Option("target", "the target to ask for, if not this channel's own", "NAME")
_DRY_RUN = Option("dry-run", "show the plan and stop")

_WORKING: tuple[CommandSpec, ...] = (
    CommandSpec(
        "status",
        "asks every system at once and shows what is wrong, worst first",
        Role.VIEWER,
        (Argument("component", "only these", repeats=True, choices=COMPONENTS),),
        (_TARGET,),
        ("/sfint status", "/sfint status redis"),
    ),
    CommandSpec(
        "token-test",
        "asks Salesforce for a token and makes one call with it",
        Role.VIEWER,
        (),
        (_TARGET,),
        ("/sfint token-test",),
        checks=("salesforce-token", "salesforce-api"),
        title="Token test",
    ),
    CommandSpec(
        "topics",
        "compares Kafka's topics, groups, lag and traffic with what is expected",
        Role.VIEWER,
        (),
        (_TARGET,),
        ("/sfint topics",),
        checks=("kafka-topics", "kafka-groups", "kafka-traffic"),
        title="Kafka",
    ),
    CommandSpec(
        "contact",
        "looks a contact up in the CRM and says whether it is blocked; the answer is masked",
        Role.VIEWER,
        (
            Argument(
                "email-or-phone",
                "the contact's e-mail address or phone number",
                required=True,
                repeats=True,
                accepts=lambda text: read_address(text) is not None,
                wanted="must be one e-mail address (name@host) or one phone number, and nothing else",
                is_personal=True,
            ),
        ),
        (_TARGET,),
        # No e-mail address: what looks like one is masked wherever an example is shown.
        ("/sfint contact 5512345678",),
    ),
    CommandSpec(
        "livechat",
        "asks LiveAgent for a session and each button's availability, and measures the long polls",
        Role.VIEWER,
        (),
        (_TARGET,),
        ("/sfint livechat",),
        checks=("live-chat", "chat-buttons", "chat-queue", "chat-requests", "enhanced-chat", "long-poll"),
        title="Live chat",
    ),
    CommandSpec(
        "integrations",
        "asks Dispatcher, Freeway, API and Channel, and says which one fails",
        Role.VIEWER,
        (),
        (_TARGET,),
        ("/sfint integrations",),
        checks=("integrations-core", "webhook-version"),
        title="Integrations Core",
    ),
    CommandSpec(
        "restart-sentinel",
        "diagnoses Redis Sentinel and asks for approval of the repair that fits",
        Role.REQUESTER,
        (),
        (_DRY_RUN, _TARGET),
        ("/sfint restart-sentinel", "/sfint restart-sentinel --dry-run"),
        changes_something=True,
    ),
    CommandSpec(
        "restart-middleware",
        "keeps the evidence, asks for approval, then rolls the middleware over and verifies it",
        Role.REQUESTER,
        (),
        (_DRY_RUN, _TARGET),
        ("/sfint restart-middleware", "/sfint restart-middleware --dry-run"),
        changes_something=True,
    ),
    CommandSpec(
        "diagnose",
        "says which page of the runbook a text belongs to, and why; without a text it opens a form for a long one",
        Role.VIEWER,
        (Argument("text", "an error message or lines of a log", verbatim=True),),
        (_TARGET,),
        ("/sfint diagnose", "/sfint diagnose dial tcp 10.0.0.9:6379: connect: no route to host"),
    ),
    CommandSpec(
        "logs",
        "reads a workload's logs, groups what the runbook knows, and puts the whole into a file",
        Role.VIEWER,
        (Argument("workload", "`middleware`, `redis` or the name of a configured workload", required=True),),
        (
            Option("since", "how far back: 90s, 15m, 2h (default 15m, at most 1d)", "TIME"),
            Option("client", "only lines that name this client", "NAME"),
            _TARGET,
        ),
        ("/sfint logs middleware", "/sfint logs redis --since 1h"),
    ),
    CommandSpec(
        "runbook",
        "shows a page of the runbook, or searches it",
        Role.VIEWER,
        (Argument("words", "an entry's id, or words to look for", repeats=True),),
        (),
        ("/sfint runbook redis-failure", "/sfint runbook expired password"),
    ),
    CommandSpec(
        "freeze",
        "stops all repairs at once; anyone who may read may freeze",
        Role.VIEWER,
        (Argument("reason", "why", repeats=True),),
        (),
        ("/sfint freeze deploy in progress",),
    ),
    CommandSpec("thaw", "lets repairs go on; operators only", Role.OPERATOR, (), (), ("/sfint thaw",)),
)

CATALOGUE: tuple[CommandSpec, ...] = (
    *_WORKING,
    CommandSpec(
        "help",
        "lists the commands, or explains one",
        Role.VIEWER,
        (Argument("command", "the one to explain", choices=(*(spec.name for spec in _WORKING), "help")),),
        (),
        ("/sfint help", "/sfint help restart-sentinel"),
    ),
)


def spec_named(name: str) -> CommandSpec | None:
    """The catalogue's line for a command, or None."""
    return next((spec for spec in CATALOGUE if spec.name == name), None)
