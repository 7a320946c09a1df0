"""Readiness: what the pod's probe asks for, else what the runtime says."""

from __future__ import annotations

import asyncio

import aiohttp

from lab.estate.kubernetes.kubelet.runtime import Container, Runtime
from lab.estate.kubernetes.resources import Json


class Prober:
    """Asks containers whether they are ready."""

    def __init__(self) -> None:
        self._session = aiohttp.ClientSession()

    async def close(self) -> None:
        """Drop the connections."""
        await self._session.close()

    async def ask(self, spec: Json, container: Container, runtime: Runtime, timeout: float) -> str:
        """Empty when ready, else what the Unhealthy event says."""
        probe = spec.get("readinessProbe") or {}
        try:
            async with asyncio.timeout(timeout):
                if http := probe.get("httpGet"):
                    return await self._http(http, spec, container)
                if tcp := probe.get("tcpSocket"):
                    _, writer = await asyncio.open_connection(container.pod_ip, _port(tcp["port"], spec))
                    writer.close()
                    return ""
                if runtime.ready is None or await runtime.ready(container):
                    return ""
        except (OSError, aiohttp.ClientError) as error:
            return f"Readiness probe failed: {error}"
        return "Readiness probe failed: "

    async def _http(self, http: Json, spec: Json, container: Container) -> str:
        url = f"http://{container.pod_ip}:{_port(http['port'], spec)}{http.get('path', '/')}"
        async with self._session.get(url, allow_redirects=False) as response:
            if 200 <= response.status < 400:
                return ""
            return f"Readiness probe failed: HTTP probe failed with statuscode: {response.status}"


def _port(port: int | str, spec: Json) -> int:
    if isinstance(port, int):
        return port
    return next(int(p["containerPort"]) for p in spec.get("ports") or [] if p.get("name") == port)
