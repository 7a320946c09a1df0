"""`sfint lab` and `sfint rehearse`: the world for people, and the world without hands."""

from __future__ import annotations

import argparse
import asyncio
import difflib
import json
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from lab.rehearsal import Outcome, Rehearsal
from lab.scenario import Act, Scenario, collect
from lab.world import MODES, World

_HEALTHY = "healthy"
_EXAMPLES = {
    "lab": "sfint lab redis-stale-master --port 8000",
    "rehearse": "sfint rehearse redis-stale-master",
}


def main(words: Sequence[str]) -> int:
    """`words` starts with `lab` or `rehearse`; exit code 0, 1 when a rehearsal failed, 2 for a usage mistake."""
    scenarios = collect()
    try:
        options = _parser().parse_args(list(words))
        if options.command == "rehearse":
            _known(options.scenario, scenarios)
        elif options.scenario != _HEALTHY:
            _known([options.scenario], scenarios)
    except _UsageMistake as mistake:
        return _mistake(str(mistake), _EXAMPLES[words[0]])
    if options.command == "lab":
        return asyncio.run(_lab(options.scenario, options.port, options.mode))
    if options.all == bool(options.scenario):
        return _mistake("name scenarios, or --all", _EXAMPLES["rehearse"])
    chosen = list(scenarios) if options.all else options.scenario
    return asyncio.run(_rehearse({name: scenarios[name] for name in chosen}, options.mode, as_json=options.json))


class _UsageMistake(Exception):
    """What is wrong with what was typed."""


class _Parser(argparse.ArgumentParser):
    """Raises instead of ending the process: our errors show an example."""

    def error(self, message: str) -> NoReturn:
        raise _UsageMistake(message)


def _parser() -> _Parser:
    parser = _Parser(prog="sfint")
    commands = parser.add_subparsers(dest="command", required=True)
    lab = commands.add_parser("lab", help="open the rehearsal world")
    lab.add_argument("--port", type=_port, default=0, help="port of the page (default: a free one)")
    lab.add_argument("scenario", nargs="?", default="redis-stale-master", help="what is broken, or `healthy`")
    rehearse = commands.add_parser("rehearse", help="play failures without hands")
    rehearse.add_argument("scenario", nargs="*", metavar="SCENARIO")
    rehearse.add_argument("--all", action="store_true", help="every scenario")
    rehearse.add_argument("--json", action="store_true", help="a JSON line a scenario")
    for each in (lab, rehearse):
        each.add_argument("--mode", choices=MODES, default=MODES[0], help="how Slack reaches the bot")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"`{text}` is no port: it is a number up to 65535")
    return int(text)


def _known(names: Sequence[str], scenarios: Mapping[str, Scenario]) -> None:
    for name in names:
        if name not in scenarios:
            near = difflib.get_close_matches(name, scenarios, 1)
            meant = f" Did you mean `{near[0]}`?" if near else ""
            raise _UsageMistake(f"there is no scenario `{name}`.{meant}\nThere are: {', '.join(scenarios)}")


def _mistake(what: str, example: str) -> int:
    sys.stderr.write(f"sfint: {what}\nfor example: {example}\n")
    return 2


async def _lab(scenario: str, port: int, mode: str) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    _say("starting Slack, Kubernetes, Redis with Sentinel, Salesforce, PagerDuty, the middleware and the bot …")
    async with World(slack_port=port, mode=mode) as world:
        _say(f"\n  Open this page:  {world.page_url}\n")
        if scenario != _HEALTHY:
            chosen = collect()[scenario]
            _say(f"breaking it: {chosen.summary} …")
            await chosen.break_it(world)
            _say(_what_to_do(chosen))
            await _until_stopped(stop, chosen, world)
        await stop.wait()
        _say("\nclosing the world …")
    return 0


def _what_to_do(scenario: Scenario) -> str:
    """The first steps of a person who has just opened the page."""
    words = f"broken. Type {scenario.ask} on the page"
    if scenario.repairs:
        words += f", then /sfint {scenario.repairs[0]},\nbecome Arno Approver (on the left) and approve"
    if scenario.heal is not None:
        words += f".\nEnter, here, does what people do by hand: {_by_hand(scenario.heal)}"
    return f"{words.removesuffix('.')}. Ctrl-C ends the world."


def _by_hand(heal: Act) -> str:
    return " ".join((heal.__doc__ or "").split())


async def _until_stopped(stop: asyncio.Event, scenario: Scenario, world: World) -> None:
    """Heals by hand at the first Enter, where somebody sits at the terminal and there is something to do."""
    if scenario.heal is None or not sys.stdin.isatty():
        return
    loop, pressed = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(sys.stdin, pressed.set)
    try:
        waiting = [asyncio.ensure_future(each.wait()) for each in (stop, pressed)]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for each in waiting:
            each.cancel()
    finally:
        loop.remove_reader(sys.stdin)
    if not stop.is_set():
        sys.stdin.readline()
        await scenario.heal(world)
        _say(f"done by hand: {_by_hand(scenario.heal)}")


async def _rehearse(scenarios: Mapping[str, Scenario], mode: str, *, as_json: bool) -> int:
    outcomes: list[Outcome] = []
    for name, scenario in scenarios.items():
        if not as_json:
            _say(f"\n{name}: {scenario.summary}")
        async with World(mode=mode) as world:
            outcome = await Rehearsal(name, scenario, world, _silent if as_json else _say).play()
            if not outcome.ok:
                sys.stderr.write(f"{world.bot.tail()}\n")
        outcomes.append(outcome)
        _say(json.dumps(outcome.line()) if as_json else _verdict(outcome))
    return 0 if all(outcome.ok for outcome in outcomes) else 1


def _verdict(outcome: Outcome) -> str:
    if outcome.ok:
        return f"  ok: {outcome.diagnosed_entry}, {outcome.paged_team or 'nobody'} paged"
    return "\n".join(f"  NOT OK: {problem}" for problem in outcome.problems)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _silent(line: str) -> None:
    del line
