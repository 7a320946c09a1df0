"""A snapshot that is proven: BGSAVE, then an ok status and a LASTSAVE newer than before."""

from __future__ import annotations

import asyncio

from redis.exceptions import NoPermissionError, ResponseError

from bot.adapters.redis_answers import info
from bot.adapters.redis_link import Link
from bot.domain.errors import RunStopped

_POLL_SECONDS = 0.05


async def save_in_background(link: Link, name: str, deadline_seconds: float) -> int:
    """Returns the new LASTSAVE (Unix seconds); RunStopped where the save failed or did not end in time."""
    try:
        async with asyncio.timeout(deadline_seconds):
            before = await _quiet_moment(link)
            was_started = await _start(link, name)
            return await _newer(link, name, before, was_started)
    except TimeoutError as error:
        raise RunStopped(f"{name} wrote no snapshot within {deadline_seconds:g} s") from error


async def _quiet_moment(link: Link) -> int:
    """LASTSAVE once it is over a second old: it counts whole seconds, so a newer one must be able to differ."""
    while True:
        saved = int(await link.ask("LASTSAVE"))
        now = int((await link.ask("TIME"))[0])
        if now > saved and not await _is_saving(link):
            return saved
        await asyncio.sleep(_POLL_SECONDS)


async def _start(link: Link, name: str) -> bool:
    """True when the save runs at once; False when it waits for an append-only rewrite to end."""
    try:
        return "scheduled" not in str(await link.ask("BGSAVE", "SCHEDULE")).lower()
    except NoPermissionError:
        raise
    except ResponseError as error:
        raise RunStopped(f"{name} refused to save: {error}") from error


async def _newer(link: Link, name: str, before: int, was_started: bool) -> int:
    while True:
        saved = int(await link.ask("LASTSAVE"))
        if saved > before:
            return saved
        if was_started and not await _is_saving(link):
            status = await _field(link, "rdb_last_bgsave_status")
            if status != "ok":
                raise RunStopped(f"{name} failed to save (rdb_last_bgsave_status:{status}); see its log")
        await asyncio.sleep(_POLL_SECONDS)


async def _is_saving(link: Link) -> bool:
    return await _field(link, "rdb_bgsave_in_progress") == "1"


async def _field(link: Link, name: str) -> str:
    return info(await link.ask("INFO", "persistence")).get(name, "")
