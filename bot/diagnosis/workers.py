"""Spreads work over processes and gives the results back in order, never far ahead of whoever takes them.

Each process has a pipe of its own: one that is killed in the middle of a result shows as the end of its pipe. In a
queue that several write to, the others would wait for the rest of that result for ever.
"""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from bot.domain.errors import SfintError

Item = TypeVar("Item")
Result = TypeVar("Result")
_PR_SET_PDEATHSIG = 1
_processes = get_context("fork")
"""Compiled patterns cannot be sent, they can only be inherited."""


class WorkerLost(SfintError):
    """Somebody else ended a process that did a part of the work; where memory is short the system does."""


def in_order(work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    """`work` of each item, on as many processors as may be used; here and now where one process is enough.

    A process has at most one result that nobody has taken. Open descriptors are inherited. Raises what `work`
    raises, and WorkerLost.
    """
    count = min(len(items), len(os.sched_getaffinity(0)))
    if count <= 1:
        yield from map(work, items)
        return
    workers = []
    try:
        for nth in range(count):
            results, sender = _processes.Pipe(duplex=False)
            process = _processes.Process(target=_run, args=(work, items[nth::count], sender, os.getpid()))
            process.start()
            workers.append((process, results))
            sender.close()  # so that its process alone holds it, and the processes to come do not inherit it
        for nth in range(len(items)):
            yield _taken(workers[nth % count][1])
    finally:
        for process, results in workers:
            process.kill()
            process.join()
            results.close()


def _taken(results: Connection) -> Any:
    try:
        error, result = results.recv()
    except (EOFError, OSError) as ended:
        raise WorkerLost("one of its processes was killed; is there enough memory?") from ended
    if error is not None:
        raise error
    return result


def _run(work: Callable[[Item], Result], items: Sequence[Item], sender: Connection, parent: int) -> None:
    """The terminal's Ctrl-C is the parent's to answer; a worker goes with its parent, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    for item in items:
        try:
            answer: tuple[Exception | None, Result | None] = (None, work(item))
        except Exception as error:  # noqa: BLE001  it is the parent's: it is raised there
            answer = (error, None)
        sender.send(answer)
