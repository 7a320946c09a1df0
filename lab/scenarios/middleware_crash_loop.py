"""A bad value crashed the middleware; it is right again, but the pod sits in its back-off."""

from lab.scenario import Scenario
from lab.world import World


async def _break(world: World) -> None:
    world.middleware.crash_loop()
    await world.kubernetes.until(lambda: _is_crash_looping(world), 30.0, "the middleware crash-loops")


def _is_crash_looping(world: World) -> bool:
    statuses = [
        status
        for pod in world.middleware.pods()
        for status in (pod.get("status") or {}).get("containerStatuses") or []
    ]
    return any(
        ((status.get("state") or {}).get("waiting") or {}).get("reason") == "CrashLoopBackOff"
        for status in statuses
    )


async def _heal(world: World) -> None:
    """Somebody takes the bad value back; the pod would still wait for minutes."""
    world.middleware.fix_configuration()


async def _is_healed(world: World) -> bool:
    return await world.middleware.serves()


SCENARIO = Scenario(
    summary="a bad value crashed the middleware, and the pod sits in its back-off",
    entry="middleware-down",
    team="ops",
    break_it=_break,
    is_healed=_is_healed,
    heal=_heal,
    repairs=("restart-middleware",),
)
