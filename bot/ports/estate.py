"""The systems of one target, bundled for checks and steps."""

from __future__ import annotations

from dataclasses import dataclass

from bot.ports.cache import Cache
from bot.ports.clock import Clock
from bot.ports.cluster import Cluster
from bot.ports.crm import Crm
from bot.ports.deployments import Deployments
from bot.ports.live_chat import EnhancedChat, LiveAgent
from bot.ports.registrations import Registrations
from bot.ports.stream import Stream
from bot.ports.traces import Traces
from bot.ports.traffic import Traffic
from bot.ports.workloads import Workloads


@dataclass(frozen=True, slots=True)
class Estate:
    """What a check may ask and a step may change, for one target."""

    cluster: Cluster
    workloads: Workloads
    cache: Cache
    crm: Crm
    clock: Clock
    traces: Traces | None = None
    deployments: Deployments | None = None
    live_agent: LiveAgent | None = None
    enhanced_chat: EnhancedChat | None = None
    stream: Stream | None = None
    traffic: Traffic | None = None
    registrations: Registrations | None = None
