"""Plays one scenario without hands: break, ask, repair with a second person, and judge by what others saw."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from lab.scenario import Scenario
from lab.slack.messages import StoredMessage
from lab.world import APPROVER, INCIDENTS, REQUESTER, World

_ANSWER_SECONDS = 30.0
_PLAN_SECONDS = 60.0
_REPAIR_SECONDS = 240.0
_HEALED_SECONDS = 60.0
_ASK_AGAIN_SECONDS = 1.0
_GRACE_SECONDS = 5.0
"""What a diagnosis may take beyond the window that the failure itself needs."""
_APPROVE = ("sfint:decide:approve", "sfint:decide:approve-data-loss")


@dataclass(frozen=True)
class SeenPage:
    """A page as a provider received it; `at` is Unix time in seconds."""

    at: float
    through: str
    team: str
    text: str


@dataclass
class Outcome:
    """The line that `sfint rehearse --json` prints; a team is None where nobody is paged."""

    scenario: str
    expected_entry: str
    diagnosed_entry: str | None = None
    expected_team: str | None = None
    paged_team: str | None = None
    seconds_to_diagnosis: float | None = None
    seconds_to_repair: float | None = None
    ok: bool = False
    also: list[str] = field(default_factory=list)
    """Other entries that were named as failing."""
    problems: list[str] = field(default_factory=list)

    def line(self) -> dict[str, Any]:
        """What is printed; `also` and `problems` only where there are some."""
        return {name: value for name, value in asdict(self).items() if name not in ("also", "problems") or value}


class Rehearsal:
    """One scenario in one fresh world; `tell` gets the transcript line by line."""

    def __init__(self, name: str, scenario: Scenario, world: World, tell: Callable[[str], None]) -> None:
        self._scenario = scenario
        self._world = world
        self._tell = tell
        self._began = time.monotonic()
        self._outcome = Outcome(name, scenario.entry, expected_team=scenario.team or None)

    async def play(self) -> Outcome:
        """Never raises for what the bot does wrong: that is a problem of the outcome."""
        try:
            await self._play()
        except (TimeoutError, LookupError) as problem:
            self._outcome.problems.append(str(problem) or type(problem).__name__)
        self._outcome.ok = not self._outcome.problems
        return self._outcome

    async def _play(self) -> None:
        scenario, world = self._scenario, self._world
        self._say("break", scenario.summary)
        await scenario.break_it(world)
        await self._diagnose()
        if scenario.advises:
            await self._ask_for_advice()
        broken_at = time.monotonic()
        if scenario.heal is not None:
            self._say("by hand", (scenario.heal.__doc__ or "").strip())
            await scenario.heal(world)
        for command in scenario.repairs:
            await self._repair(command)
        await self._prove_healed()
        if scenario.repairs:
            self._outcome.seconds_to_repair = round(time.monotonic() - broken_at, 2)

    async def _diagnose(self) -> None:
        scenario, outcome = self._scenario, self._outcome
        asked = time.monotonic()
        while True:
            report = await self._type_and_wait(scenario.ask, "entries", _ANSWER_SECONDS)
            outcome.seconds_to_diagnosis = round(time.monotonic() - asked, 2)
            outcome.diagnosed_entry = self._named(report)
            if outcome.diagnosed_entry == scenario.entry:
                break
            if time.monotonic() - asked > scenario.window + (_GRACE_SECONDS if scenario.window else 0.0):
                outcome.problems.append(f"diagnosed {outcome.diagnosed_entry}: {report.text}")
                break
            await asyncio.sleep(_ASK_AGAIN_SECONDS)
        self._say("sfint", report.text)
        self._note_the_others(report)
        await (self._await_page() if scenario.team else self._prove_nobody_is_paged())

    def _named(self, report: StoredMessage) -> str | None:
        """The entry of the worst finding; where a team is expected it must be a failing one."""
        entries = _payload(report)["entries"]
        fitting = [each for each in entries if each["outcome"] == "failing" or not self._scenario.team]
        return str(fitting[0]["entry"]) if fitting else None

    def _note_the_others(self, report: StoredMessage) -> None:
        failing = {str(each["entry"]) for each in _payload(report)["entries"] if each["outcome"] == "failing"}
        self._outcome.also = sorted(failing - {self._scenario.entry, *self._scenario.beside})
        if self._outcome.also:
            self._outcome.problems.append(f"named as failing beside it: {', '.join(self._outcome.also)}")

    async def _await_page(self) -> None:
        page = await _until(self._first_page, _ANSWER_SECONDS, "nobody was paged")
        self._outcome.paged_team = page.team
        self._say(page.through, f"{page.team}: {page.text}")
        if page.team != self._scenario.team:
            self._outcome.problems.append(f"paged {page.team}")

    async def _prove_nobody_is_paged(self) -> None:
        """Whatever was to be handed to a provider has been handed over, and no provider has anything."""
        await self._world.until(self._world.bot.is_at_rest, _ANSWER_SECONDS, "the bot has done all it had to do")
        page = self._first_page()
        if page is not None:
            self._outcome.paged_team = page.team
            self._outcome.problems.append(f"paged {page.team}, and nobody was to be")
        else:
            self._say("nobody", "was paged")

    def _first_page(self) -> SeenPage | None:
        alerts = self._world.pagerduty.alerts
        pages = [SeenPage(alert.triggered_at, "PagerDuty", alert.team, alert.summary) for alert in alerts]
        for mail in self._world.smtp.mails:
            team = self._world.smtp.team_of(mail) or "nobody"
            pages.append(SeenPage(mail.at, "mail", team, f"{mail.subject} (to {', '.join(mail.recipients)})"))
        return min(pages, key=lambda page: page.at, default=None)

    async def _ask_for_advice(self) -> None:
        answer = await self._type_and_wait("/sfint restart-sentinel", "sfint_no_plan", _PLAN_SECONDS)
        self._say("sfint", answer.text)
        if self._scenario.advises not in str(answer.blocks):
            self._outcome.problems.append(f"the answer does not advise: {self._scenario.advises}")

    async def _repair(self, command: str) -> None:
        plan = await self._type_and_wait(f"/sfint {command}", "sfint_plan", _PLAN_SECONDS, state="waiting")
        self._say("sfint", plan.text)
        action = next(each for each in _APPROVE if each in str(plan.blocks))
        self._say(self._name(APPROVER), f"clicks {action}")
        await self._world.slack.click(APPROVER, INCIDENTS, plan.ts, action)
        run_id = _payload(plan)["run_id"]
        ended = await self._world.slack.wait_for(
            lambda message: (
                _is(message, "sfint_progress")
                and _payload(message)["run_id"] == run_id
                and _payload(message)["state"] not in ("running", "queued")
            ),
            channel_id=INCIDENTS,
            timeout=_REPAIR_SECONDS,
        )
        self._say("sfint", ended.text)
        if _payload(ended)["state"] != "succeeded":
            self._outcome.problems.append(f"{command} ended {_payload(ended)['state']}: {ended.text}")

    async def _prove_healed(self) -> None:
        healed = self._scenario.is_healed
        await self._world.until(lambda: healed(self._world), _HEALED_SECONDS, "the estate is healed")
        self._say("estate", "healed")

    async def _type_and_wait(
        self, text: str, wanted: str, timeout: float, *, state: str | None = None
    ) -> StoredMessage:
        """The answer: a new message whose metadata has this type, or a field of this name."""
        known = {message.ts for message in self._world.slack.messages(INCIDENTS)}
        self._say(self._name(REQUESTER), text)
        typed = await self._world.slack.type(REQUESTER, INCIDENTS, text)
        if not typed.acked:
            raise LookupError(f"{text} was not acknowledged: {typed.error}")
        return await self._world.slack.wait_for(
            lambda message: (
                message.ts not in known
                and (_is(message, wanted) or wanted in _payload(message))
                and (state is None or _payload(message)["state"] == state)
            ),
            channel_id=INCIDENTS,
            timeout=timeout,
        )

    def _name(self, user_id: str) -> str:
        return next(person.name for person in self._world.slack.world.workspace.people if person.id == user_id)

    def _say(self, who: str, what: str) -> None:
        self._tell(f"{time.monotonic() - self._began:7.2f} s  {who:>10}  {what}")


async def _until(ask: Callable[[], SeenPage | None], seconds: float, otherwise: str) -> SeenPage:
    deadline = time.monotonic() + seconds
    while (answer := ask()) is None:
        if time.monotonic() > deadline:
            raise TimeoutError(otherwise)
        await asyncio.sleep(0.05)
    return answer


def _is(message: StoredMessage, event: str) -> bool:
    return (message.metadata or {}).get("event_type") == event


def _payload(message: StoredMessage) -> dict[str, Any]:
    payload: dict[str, Any] = (message.metadata or {}).get("event_payload") or {}
    return payload
