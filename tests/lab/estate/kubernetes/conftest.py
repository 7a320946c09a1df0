"""A cluster stand-in of one's own, with images whose processes do what a test tells them."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator

import pytest

from lab.estate.kubernetes import Container, KubernetesStandIn, Launch, Runtime
from lab.estate.kubernetes.rbac import Rule

CRASH = "import os,sys; print('boom from', os.environ['POD'], flush=True); sys.exit(3)"
SERVE = (
    "import os\n"
    "from http.server import *\n"
    "class H(BaseHTTPRequestHandler):\n"
    "    def do_GET(self):\n"
    "        self.send_response(200 if self.path == '/health' else 404); self.end_headers()\n"
    "print('serving', flush=True)\n"
    "HTTPServer((os.environ['POD_IP'], 8080), H).serve_forever()\n"
)
STUBBORN = (
    "import signal,time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(60)"
)


def python(code: str) -> Runtime:
    """A container that runs that program."""

    async def launch(container: Container) -> Launch:
        env = {"POD": container.pod, "POD_IP": container.pod_ip} | dict(container.env)
        return Launch([sys.executable, "-c", code], env)

    return Runtime(launch)


@pytest.fixture
def sick() -> set[str]:
    """The names of the pods of acme/moody whose probe fails now."""
    return set()


@pytest.fixture
async def kubernetes(sick: set[str]) -> AsyncIterator[KubernetesStandIn]:
    """Running, with the images acme/crash, acme/serve, acme/stubborn and acme/moody."""

    async def is_well(container: Container) -> bool:
        return container.pod not in sick

    stand_in = KubernetesStandIn(time_scale=0.01)
    # The bot itself neither lists workloads nor watches; here its token stands for any client's.
    stand_in.bot.rules.append(
        Rule(("list", "watch"), ("", "apps"), ("pods", "deployments", "statefulsets"), ("integrations",))
    )
    stand_in.kubelet.register("acme/moody", Runtime(ready=is_well))
    for image, code in (("crash", CRASH), ("serve", SERVE), ("stubborn", STUBBORN)):
        stand_in.kubelet.register(f"acme/{image}", python(code))
    async with stand_in:
        yield stand_in
