"""`python -m lab.estate.middleware`: boots, serves until killed; exits 1 without Redis, 2 on a bad variable."""

from __future__ import annotations

import asyncio
import os
import sys

import aiohttp
from aiohttp import web

from lab.estate.middleware import go, log, settings, traffic
from lab.estate.middleware.chats import Chats
from lab.estate.middleware.live_agent import LiveAgentClient
from lab.estate.middleware.passthrough import Passthrough
from lab.estate.middleware.polling import BotStates, Polling
from lab.estate.middleware.proxy import Proxy
from lab.estate.middleware.redis_master import RedisFailure, RedisMaster
from lab.estate.middleware.salesforce import SalesforceClient
from lab.estate.middleware.server import application
from lab.estate.middleware.store import InterconnectionStore
from lab.estate.middleware.trace import tracer

_HTTP_TIMEOUT_SECONDS = 45


async def run(config: settings.Settings) -> int:
    """Serve; returns an exit code only when the boot fails."""
    master = RedisMaster(
        config.redis_sentinel_addresses, config.redis_master, config.redis_address, config.redis_password
    )
    try:
        await master.connect()
    except RedisFailure as failure:
        log.fatal("Error initializing Interconnection Redis Manager", error=f"[{failure}]")
        await master.close()
        return 1
    timeout = aiohttp.ClientTimeout(total=_HTTP_TIMEOUT_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        return await _serve(config, InterconnectionStore(master), Proxy(session))


async def _serve(config: settings.Settings, store: InterconnectionStore, proxy: Proxy) -> int:
    salesforce, agent = SalesforceClient(config, proxy), LiveAgentClient(config, proxy)
    states = BotStates(config.success_state, config.timeout_state)
    polling = Polling(agent, store, config.long_polling_interval, states)
    chats = Chats(salesforce, agent, store, polling, config.phone_prefixes)
    runner = web.AppRunner(application(chats, config.jwt_secret), access_log=None)
    await runner.setup()
    try:
        await chats.reload()
        await web.TCPSite(runner, config.bind_host, config.port).start()
    except (RedisFailure, OSError) as error:
        log.fatal("Error starting server", error=str(error))
        return 1
    log.info(f"Starting server on {config.bind_host}:{config.port}")
    async with asyncio.TaskGroup() as tasks:
        if config.kafka_host:
            tasks.create_task(Passthrough(config, polling, agent).run())
        tasks.create_task(traffic.update_redis(store, config.redis_traffic_interval))
        tasks.create_task(traffic.call_salesforce(chats, salesforce, config.salesforce_traffic_interval))
    return 0


def main() -> int:
    """The process."""
    try:
        config = settings.read(os.environ)
    except settings.BadEnvironmentError as error:
        sys.stderr.write(go.panic(str(error)))
        return 2
    tracer.start(os.environ)
    return asyncio.run(run(config))


if __name__ == "__main__":
    sys.exit(main())
