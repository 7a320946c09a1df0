"""One container of a pod: starts its process again and again, backs off, remembers how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from lab.estate.kubernetes.kubelet.backoff import MAX_SECONDS, CrashBackOff
from lab.estate.kubernetes.kubelet.logs import ContainerLog, LogArchive
from lab.estate.kubernetes.kubelet.process import ContainerProcess
from lab.estate.kubernetes.kubelet.runtime import Container, Runtime, StartFailed
from lab.estate.kubernetes.moments import ScaledTime, duration_text, stamp
from lab.estate.kubernetes.resources import Json

SIGNALLED = 128


class ContainerLoop:
    """The life of a container within a pod; `on_change` is called after each change of its status."""

    def __init__(
        self,
        make: Callable[[Callable[[str], None]], Container],
        runtime: Runtime,
        archive: LogArchive,
        time: ScaledTime,
        on_change: Callable[[str, str], None],
    ) -> None:
        self.make = make
        self.runtime = runtime
        self.container = make(lambda text: None)
        self.process: ContainerProcess | None = None
        self.is_ready = False
        self.restarts = 0
        self.state: Json = {"waiting": {"reason": "ContainerCreating"}}
        self.last: Json = {}
        self.container_id = ""
        self._archive = archive
        self._time = time
        self._on_change = on_change
        self._backoff = CrashBackOff()
        self._skip_wait = asyncio.Event()
        self._is_stopping = False

    @property
    def is_running(self) -> bool:
        """Whether its process (or what stands for one) runs now."""
        return "running" in self.state

    def status(self, image: str) -> Json:
        """Its entry in the pod's containerStatuses."""
        return {
            "name": self.container.name,
            "image": image,
            "imageID": f"lab.example.com/{image}",
            "ready": self.is_ready,
            "started": self.is_running,
            "restartCount": self.restarts,
            "state": self.state,
            "lastState": self.last,
        } | ({"containerID": self.container_id} if self.container_id else {})

    def age(self, restarts: int) -> None:
        """Look like a container that has crashed for hours: the back-off is at its cap from the next crash."""
        self.restarts = restarts
        self._backoff.age()

    def start_now(self) -> None:
        """End the present back-off wait."""
        self._skip_wait.set()

    async def run(self) -> None:
        """Start it, and again after each end, until stopped."""
        while not self._is_stopping:
            started = datetime.now(UTC)
            code = await self._run_once(started)
            self._end(started, code)
            if self._is_stopping:
                return
            lived = (datetime.now(UTC) - started).total_seconds() / self._time.scale
            await self._wait_to_restart(self._backoff.after_crash(lived))
            self.restarts += 1

    async def _run_once(self, started: datetime) -> int:
        self.container_id = f"lab://{uuid.uuid4().hex}{uuid.uuid4().hex}"
        log = self._archive.open(self.container_id)
        self.container = self.make(log.add)
        try:
            return await self._execute(log, started)
        except (StartFailed, OSError) as error:
            log.add(str(error))
            return 1
        finally:
            self.process = None
            log.close()

    async def _execute(self, log: ContainerLog, started: datetime) -> int:
        if self.runtime.launch is not None:
            launch = await self.runtime.launch(self.container)
            self.process = await ContainerProcess.start(launch, log.add)
        self._running(started)
        hook = self._post_start()
        try:
            return await (self.process.wait() if self.process else asyncio.Future[int]())
        finally:
            hook.cancel()
            await asyncio.gather(hook, return_exceptions=True)

    def _post_start(self) -> asyncio.Task[None]:
        async def run() -> None:
            if self.runtime.post_start:
                await self.runtime.post_start(self.container)

        return asyncio.create_task(run(), name=f"post-start-{self.container.name}")

    def _running(self, started: datetime) -> None:
        self.state = {"running": {"startedAt": stamp(started)}}
        self._on_change("Started", f"Started container {self.container.name}")

    def _end(self, started: datetime, code: int) -> None:
        terminated: Json = {
            "exitCode": code if code >= 0 else SIGNALLED - code,
            "reason": "Completed" if code == 0 else "Error",
            "startedAt": stamp(started),
            "finishedAt": stamp(),
            "containerID": self.container_id,
        }
        if code < 0:
            terminated["signal"] = -code
        self.is_ready = False
        self.state = {"terminated": terminated}
        self._on_change("", "")

    async def _wait_to_restart(self, nominal_seconds: int) -> None:
        self.last = self.state
        if not nominal_seconds:
            return
        pod = f"{self.container.pod}_{self.container.namespace}({self.container.pod_uid})"
        text = duration_text(min(nominal_seconds, MAX_SECONDS))
        message = f"back-off {text} restarting failed container={self.container.name} pod={pod}"
        self.state = {"waiting": {"reason": "CrashLoopBackOff", "message": message}}
        self._on_change("BackOff", f"Back-off restarting failed container {self.container.name} in pod {pod}")
        self._skip_wait.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._time.real_seconds(nominal_seconds)):
                await self._skip_wait.wait()

    async def stop(self, grace_seconds: float, task: asyncio.Task[None]) -> None:
        """preStop, SIGTERM, the grace period, SIGKILL, and the end of the loop."""
        self._is_stopping = True
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace_seconds
        if self.process and self.runtime.pre_stop and grace_seconds > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(grace_seconds):
                    await self.runtime.pre_stop(self.container)
        if self.process:
            await self.process.stop(deadline - loop.time())
            await task
            return
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Signal the process, as the kernel or a person on the node would."""
        if self.process:
            self.process.send(number)
