"""Where there is no log to read, "there is none" and "could not be asked" are kept apart."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from bot.adapters.kubernetes import KubernetesCluster, connect_kubernetes
from bot.adapters.kubernetes_errors import TokenRefused
from bot.domain.errors import AccessDenied, BadAnswer, NotFound, SfintError, Unreachable

RETRIEVE = "unable to retrieve container logs for containerd://0a1b2c"
SYMLINKS = (
    'failed to try resolving symlinks in path "/var/log/pods/a_b_c/main/0.log": '
    "lstat /var/log/pods/a_b_c: no such file or directory"
)


def status(code: int, reason: str, message: str, **details: str) -> web.Response:
    """A `Status`, as kube-apiserver 1.34 sends it."""
    body: dict[str, Any] = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    body |= {"message": message, "reason": reason, "code": code} | ({"details": details} if details else {})
    return web.json_response(body, status=code)


@asynccontextmanager
async def answering(answer: Callable[[], web.Response]) -> AsyncIterator[KubernetesCluster]:
    """A cluster whose API server says that to everything."""

    async def handle(_: web.Request) -> web.Response:
        return answer()

    application = web.Application()
    application.router.add_get("/{path:.*}", handle)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    api = await connect_kubernetes(url=f"http://127.0.0.1:{runner.addresses[0][1]}", token="x")
    try:
        yield KubernetesCluster(api)
    finally:
        await api.close()
        await runner.cleanup()


@pytest.mark.parametrize(
    ("code", "reason", "message", "details", "error", "words"),
    [
        (400, "BadRequest", 'container "main" in pod "p" is waiting to start: ContainerCreating',
         {}, NotFound, "waiting"),
        (400, "BadRequest", 'container "main" in pod "p" is terminated', {}, NotFound, "is terminated"),
        (400, "BadRequest", "container x is not valid for pod p", {}, BadAnswer, "not valid"),
        (404, "NotFound", 'pods "p" not found', {"name": "p", "kind": "pods"}, NotFound, "not found"),
        (404, "NotFound", 'pods "node-1" not found',
         {"name": "node-1", "kind": "pods"}, Unreachable, "node node-1 is gone"),
        (404, "NotFound", "the server could not find the requested resource ( pods/log p)",
         {"name": "p", "kind": "pods/log"}, NotFound, "could not find"),
        (401, "Unauthorized", "the server has asked for the client to provide credentials ( pods/log p)",
         {"name": "p", "kind": "pods/log"}, Unreachable, "not us"),
        (403, "Forbidden", "Forbidden (user=kube-apiserver, verb=get, resource=nodes) ( pods/log p)",
         {"name": "p", "kind": "pods/log"}, Unreachable, "not us"),
        (401, "Unauthorized", "Unauthorized", {}, TokenRefused, "token was refused"),
        (403, "Forbidden", 'pods "p" is forbidden: User "u" cannot get resource "pods/log" in API group ""',
         {"name": "p", "kind": "pods"}, AccessDenied, "get pods/log"),
    ],
)  # fmt: skip
async def test_each_refusal_means_what_it_says(
    code: int, reason: str, message: str, details: dict[str, str], error: type[SfintError], words: str
) -> None:
    """The kubelet's own refusals of the API server are neither our token nor our role."""
    async with answering(lambda: status(code, reason, message, **details)) as cluster:
        with pytest.raises(error, match=words) as caught:
            await cluster.logs("integrations", "p", "main")

    assert type(caught.value) is error


@pytest.mark.parametrize("excuse", [RETRIEVE, SYMLINKS])
async def test_an_excuse_in_place_of_a_log_is_no_line_of_it(excuse: str) -> None:
    """The kubelet answers 200 before it knows; a middleware that writes no error would look healthy by it."""
    async with answering(lambda: web.Response(text=excuse)) as cluster:
        with pytest.raises(Unreachable, match="cannot read the log of p"):
            await cluster.logs("integrations", "p", "main")
        with pytest.raises(NotFound, match="before its restart is gone"):
            await cluster.logs("integrations", "p", "main", previous=True)


async def test_a_log_that_speaks_of_such_an_excuse_is_a_log() -> None:
    """A program may print the same words in a line of its own."""
    said = f"{RETRIEVE}\nand another line\n"
    async with answering(lambda: web.Response(text=said)) as cluster:
        assert await cluster.logs("integrations", "p", "main") == said
