"""Spreads work over processes and gives the results back in order, never far ahead of whoever takes them."""

from __future__ import annotations

import ctypes
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, TypeVar

from bot.domain.errors import SfintError

Item = TypeVar("Item")
Result = TypeVar("Result")
_PR_SET_PDEATHSIG = 1
_AHEAD = 2
"""Items for each process that are being done or wait to be taken."""
_work: Callable[[Any], Any]
"""Within a worker: what it was forked to do. Compiled patterns cannot be sent, they can only be inherited."""


class WorkerLost(SfintError):
    """Somebody else ended a process that did a part of the work; where memory is short the system does."""


def in_order(work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    """`work` of each item, on as many processors as may be used; here and now where one process is enough.

    Open descriptors are inherited. Raises what `work` raises, and WorkerLost.
    """
    processes = min(len(items), len(os.sched_getaffinity(0)))
    if processes <= 1:
        yield from map(work, items)
        return
    pool = ProcessPoolExecutor(processes, get_context("fork"), _begin, (work, os.getpid()))
    waiting: deque[Future[Result]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(_do, item))
            if len(waiting) > _AHEAD * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise WorkerLost("one of its processes was killed; is there enough memory?") from error
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(work: Callable[[Any], Any], parent: int) -> None:
    """The terminal's Ctrl-C is the parent's to answer; a worker goes with its parent, however that ends."""
    global _work
    _work = work
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _do(item: Any) -> Any:
    return _work(item)
