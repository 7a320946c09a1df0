"""The pods/log subresource: which container instance is meant, and how much of what it said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Protocol

from aiohttp import web

from lab.estate.kubernetes.errors import bad_request, invalid, not_found
from lab.estate.kubernetes.moments import micro_stamp, parse_stamp
from lab.estate.kubernetes.resources import BY_PLURAL, Json, Resource
from lab.estate.kubernetes.store import Store

LOG_OPTIONS = Resource("", "v1", "pods/log", "PodLogOptions")


class LogLines(Protocol):
    """What one container instance has said so far."""

    def so_far(self) -> list[tuple[datetime, str]]:
        """The lines with their times."""
        ...

    def from_line(self, index: int) -> AsyncIterator[tuple[datetime, str]]:
        """The lines from that one on, waiting for more until the instance has ended."""
        ...


class LogKeeper(Protocol):
    """Where the kubelet keeps the lines, by container id."""

    def log_of(self, container_id: str) -> LogLines | None:
        """The lines of that instance, or None when they are gone."""
        ...


class PodLogs:
    """Serves logs from what the kubelet kept."""

    def __init__(self, store: Store, keeper: LogKeeper, node: str) -> None:
        self._store = store
        self._keeper = keeper
        self._node = node

    async def serve(self, request: web.Request, namespace: str, name: str) -> web.StreamResponse:
        """The log as plain text; ApiError 400, 404 (of a node that is gone, in the words for a pod), 422."""
        query = request.query
        limits = {key: _positive(query.get(key), key, name) for key in ("tailLines", "limitBytes", "sinceSeconds")}
        pod = self._store.read("pods", namespace, name)
        container = choose_container(pod, query.get("container", ""))
        node = pod["spec"].get("nodeName")
        if not node:
            return web.Response(text="", content_type="text/plain")
        if node != self._node:
            raise not_found(BY_PLURAL["pods"], node)
        container_id = instance(pod, container, previous=query.get("previous") == "true")
        log = self._keeper.log_of(container_id)
        if log is None:  # the kubelet has said 200 before it looks
            return web.Response(
                text=f"unable to retrieve container logs for {container_id}", content_type="text/plain"
            )
        lines = log.so_far()
        following_from = len(lines)
        lines = _since(lines, limits["sinceSeconds"], query.get("sinceTime"))
        if (tail := limits["tailLines"]) is not None:
            lines = lines[len(lines) - tail :] if tail < len(lines) else lines
        stamped = query.get("timestamps") == "true"
        data = "".join(_text(line, stamped) for line in lines).encode()[: limits["limitBytes"]]
        if query.get("follow") != "true":
            return web.Response(body=data, content_type="text/plain")
        return await _follow(request, data, log, following_from, stamped)


async def _follow(
    request: web.Request, data: bytes, log: LogLines, index: int, stamped: bool
) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/plain"})
    await response.prepare(request)
    try:
        await response.write(data)
        async for line in log.from_line(index):
            await response.write(_text(line, stamped).encode())
    except ConnectionError:
        return response
    return response


def _positive(text: str | None, key: str, pod: str) -> int | None:
    if text is None:
        return None
    try:
        number = int(text)
    except ValueError as error:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from error
    least = 0 if key == "tailLines" else 1
    if number < least:
        words = "greater than or equal to 0" if least == 0 else "greater than 0"
        cause = ("FieldValueInvalid", key, f"Invalid value: {number}: must be {words}")
        raise invalid(LOG_OPTIONS, pod, [cause])
    return number


def choose_container(pod: Json, asked: str) -> str:
    """The container meant; ApiError 400 when several fit or none has that name."""
    name = pod["metadata"]["name"]
    names = [container["name"] for container in pod["spec"]["containers"]]
    if not asked:
        if len(names) == 1:
            return str(names[0])
        raise bad_request(f"a container name must be specified for pod {name}, choose one of: [{' '.join(names)}]")
    if asked not in names:
        raise bad_request(f"container {asked} is not valid for pod {name}")
    return asked


def instance(pod: Json, container: str, *, previous: bool) -> str:
    """The id of the container instance whose log is meant; ApiError 400 when there is none."""
    name = pod["metadata"]["name"]
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    status = next((each for each in statuses if each["name"] == container), None)
    if status is None:
        raise bad_request(f'container "{container}" in pod "{name}" is not available')
    state, last = status.get("state") or {}, (status.get("lastState") or {}).get("terminated")
    if previous:
        if not last:
            raise bad_request(f'previous terminated container "{container}" in pod "{name}" not found')
        return str(last["containerID"])
    if "running" in state:
        return str(status["containerID"])
    if "terminated" in state:
        return str(state["terminated"]["containerID"])
    if last:
        return str(last["containerID"])
    reason = (state.get("waiting") or {}).get("reason", "ContainerCreating")
    raise bad_request(f'container "{container}" in pod "{name}" is waiting to start: {reason}')


def _since(
    lines: list[tuple[datetime, str]], seconds: int | None, since_time: str | None
) -> list[tuple[datetime, str]]:
    if seconds is not None:
        since = datetime.now(UTC) - timedelta(seconds=seconds)
    elif since_time:
        since = parse_stamp(since_time)
    else:
        return lines
    return [line for line in lines if line[0] >= since]


def _text(line: tuple[datetime, str], stamped: bool) -> str:
    return f"{micro_stamp(line[0])} {line[1]}\n" if stamped else f"{line[1]}\n"
