"""What the customers of the lab do: ask for chats, and what the middleware's log says of them."""

from __future__ import annotations

import asyncio
import itertools

import aiohttp

from lab.world import World

_SECONDS = 20.0
_numbers = itertools.count(1)


async def ask_for_chats(world: World, count: int) -> None:
    """So many customers ask for a person, each for the first time. LookupError where one is turned away."""
    answers = await asyncio.gather(*(_ask(world, next(_numbers)) for _ in range(count)))
    refused = [f"{status} {text}" for status, text in answers if status != 200]
    if refused:
        raise LookupError(f"no chat was opened: {refused[0]}")


async def _ask(world: World, number: int) -> tuple[int, str]:
    phone = f"52155{number:08d}"
    return await world.middleware.connect(
        userID=phone, phoneNumber=phone, name=f"Customer {number}", email=f"customer{number}@acme.example.com"
    )


async def until_logged(world: World, words: str, times: int) -> None:
    """Waits until the middleware has written the words so often; TimeoutError."""

    async def is_so() -> bool:
        return sum(words in line for line in middleware_log(world)) >= times

    await world.until(is_so, _SECONDS, f"{words} in the middleware's log")


def middleware_log(world: World) -> list[str]:
    """What the running containers of the middleware have written so far."""
    containers = [
        status["containerID"]
        for pod in world.middleware.pods()
        for status in (pod.get("status") or {}).get("containerStatuses") or []
        if status.get("containerID")
    ]
    logs = [world.kubernetes.logs.log_of(container) for container in containers]
    return [line for log in logs if log is not None for _, line in log.so_far()]


async def agents_take_chats(world: World) -> bool:
    """Whether a chat that is asked for now reaches an agent."""
    world.live_agent.accepts_chats = True
    before = sum("Event [ChatEstablished]" in line for line in middleware_log(world))
    try:
        await ask_for_chats(world, 1)
        await until_logged(world, "Event [ChatEstablished]", before + 1)
    except (LookupError, TimeoutError, aiohttp.ClientError):
        return False
    return True
