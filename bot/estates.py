"""Builds the systems of every target from the settings; a part of the composition root."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from contextlib import AsyncExitStack

from bot.adapters.argocd import ArgoCdDeployments
from bot.adapters.datadog import DatadogApi, DatadogTraces, HourlyBudget
from bot.adapters.enhanced_chat import EnhancedChatApi
from bot.adapters.integrations_core import HttpRegistrations
from bot.adapters.kafka_apart import KafkaApart
from bot.adapters.kubernetes import KubernetesApi, KubernetesCluster, KubernetesWorkloads
from bot.adapters.kubernetes_credentials import connect_kubernetes
from bot.adapters.kubernetes_portforward import PortForward
from bot.adapters.live_agent import LiveAgentChat
from bot.adapters.redis import Login, RedisCache, Tls, dial_directly
from bot.domain.webhook import VersionSource
from bot.kafkas import open_kafka
from bot.orgs import open_crm
from bot.ports.clock import Clock
from bot.ports.dial import Dial
from bot.ports.estate import Estate
from bot.ports.logins import LoginBook
from bot.ports.stream import Stream
from bot.ports.traffic import Traffic
from bot.settings import (
    Problem,
    Reach,
    Settings,
    SettingsProblems,
    TargetSettings,
)

Accounts = dict[tuple[str, str, str], DatadogApi]


async def open_estates(
    settings: Settings, logins: LoginBook, clock: Clock, stack: AsyncExitStack
) -> Mapping[str, Estate]:
    """Target name -> its systems. Nothing is asked yet; what is opened is closed with the stack."""
    estates = {}
    accounts: Accounts = {}
    kafka = _kafka_process(stack)
    for name, target in settings.targets.items():
        api = await open_kubernetes(name, target, stack)
        cache = open_cache(target, api)
        estates[name] = open_estate(name, target, api, cache, logins, clock, stack, accounts, kafka)
    if any(target.kafka for target in settings.targets.values()):
        await kafka.begin()
    return estates


async def open_kubernetes(name: str, target: TargetSettings, stack: AsyncExitStack) -> KubernetesApi:
    """The door to the target's cluster. Raises AccessDenied where the credentials cannot be read."""
    way = target.kubernetes
    api = await connect_kubernetes(
        kubeconfig=str(way.kubeconfig) if way.kubeconfig else None,
        context=way.context or None,
        in_cluster=way.in_cluster,
        url=way.url or "",
        token=way.token.get_secret_value(),
        ca_file=str(way.ca_file) if way.ca_file else None,
        deadline_seconds=way.deadline_seconds,
        token_place=f"the setting targets.{name}.kubernetes.token",
    )
    stack.push_async_callback(api.close)
    return api


def open_estate(
    name: str,
    target: TargetSettings,
    api: KubernetesApi,
    cache: RedisCache,
    logins: LoginBook,
    clock: Clock,
    stack: AsyncExitStack,
    accounts: Accounts | None = None,
    kafka: KafkaApart | None = None,
) -> Estate:
    """The target's systems behind that door; `accounts` and `kafka` are those of the targets opened before."""
    crm = open_crm(name, target.salesforce, logins, clock)
    stack.push_async_callback(crm.aclose)
    stream, traffic = _kafka(target, kafka or _kafka_process(stack), stack)
    return Estate(
        KubernetesCluster(api),
        KubernetesWorkloads(api),
        cache,
        crm,
        clock,
        traces=_traces(target, accounts if accounts is not None else {}, clock, stack),
        deployments=_deployments(name, target, stack),
        live_agent=_live_agent(target, stack),
        enhanced_chat=_enhanced_chat(target, stack),
        stream=stream,
        traffic=traffic,
        registrations=_registrations(target, stack),
    )


def open_cache(target: TargetSettings, api: KubernetesApi) -> RedisCache:
    """Redis and its sentinels, by the configured way; nothing is connected yet."""
    redis, tls = target.redis, target.redis.tls
    forwards = redis.reach is Reach.PORT_FORWARD
    dial: Dial = PortForward(api, target.namespace) if forwards else dial_directly
    return RedisCache(
        master_name=redis.master_name,
        redis_port=redis.redis_port,
        sentinel_port=redis.sentinel_port,
        redis_login=Login(redis.username, redis.password.get_secret_value()),
        sentinel_login=Login(redis.sentinel_username, redis.sentinel_password.get_secret_value()),
        tls=Tls(
            ca_file=str(tls.ca_file) if tls.ca_file else None,
            certificate_file=str(tls.cert_file) if tls.cert_file else None,
            key_file=str(tls.key_file) if tls.key_file else None,
            verifies_host_name=tls.check_hostname,
        )
        if tls.enabled
        else None,
        deadline_seconds=redis.deadline_seconds,
        dial=dial,
    )


def _traces(
    target: TargetSettings, accounts: Accounts, clock: Clock, stack: AsyncExitStack
) -> DatadogTraces | None:
    """Targets with the same keys share the API, and so its ration; how it is used, the first of them says."""
    way = target.datadog
    if way is None:
        return None
    if way.account not in accounts:
        accounts[way.account] = DatadogApi(
            url=way.address,
            api_key=way.api_key.get_secret_value(),
            application_key=way.application_key.get_secret_value(),
            clock=clock,
            budget=HourlyBudget(clock, per_hour=way.requests_per_hour, reserve=way.reserve),
            deadline_seconds=way.deadline_seconds,
            cache_seconds=way.cache_seconds,
        )
        stack.push_async_callback(accounts[way.account].aclose)
    return DatadogTraces(
        accounts[way.account],
        service=way.service,
        env=way.env,
        samples_cache_seconds=way.samples_cache_seconds,
    )


def _deployments(name: str, target: TargetSettings, stack: AsyncExitStack) -> ArgoCdDeployments | None:
    """Raises SettingsProblems for an authority that is none."""
    way = target.argocd
    if way is None:
        return None
    try:
        adapter = ArgoCdDeployments(
            way.url,
            token=way.token.get_secret_value(),
            application=way.application,
            project=way.project,
            ca_file=str(way.ca_file) if way.ca_file else None,
            deadline_seconds=way.deadline_seconds,
        )
    except ssl.SSLError as error:
        problem = Problem(f"targets.{name}.argocd.ca_file", f"holds no certificate in PEM: {error.reason}")
        raise SettingsProblems([problem]) from None
    stack.push_async_callback(adapter.aclose)
    return adapter


def _live_agent(target: TargetSettings, stack: AsyncExitStack) -> LiveAgentChat | None:
    chat = target.live_chat
    if chat is None or not chat.chat_url:
        return None
    adapter = LiveAgentChat(
        chat.chat_url,
        organization_id=chat.organization_id or "",
        deployment_id=chat.deployment_id or "",
        api_version=chat.api_version,
        deadline_seconds=chat.deadline_seconds,
    )
    stack.push_async_callback(adapter.aclose)
    return adapter


def _enhanced_chat(target: TargetSettings, stack: AsyncExitStack) -> EnhancedChatApi | None:
    chat = target.live_chat
    if chat is None or chat.enhanced is None:
        return None
    adapter = EnhancedChatApi(
        chat.enhanced.url,
        organization_id=chat.enhanced.organization_id,
        es_developer_name=chat.enhanced.es_developer_name,
        deadline_seconds=chat.deadline_seconds,
    )
    stack.push_async_callback(adapter.aclose)
    return adapter


def _kafka_process(stack: AsyncExitStack) -> KafkaApart:
    kafka = KafkaApart()
    stack.push_async_callback(kafka.aclose)
    return kafka


def _kafka(
    target: TargetSettings, kafka: KafkaApart, stack: AsyncExitStack
) -> tuple[Stream | None, Traffic | None]:
    return (None, None) if target.kafka is None else open_kafka(target.kafka, kafka, stack)


def _registrations(target: TargetSettings, stack: AsyncExitStack) -> HttpRegistrations | None:
    webhook = target.integrations.webhook if target.integrations else None
    if webhook is None or webhook.source is not VersionSource.URL or webhook.read_url is None:
        return None
    registrations = HttpRegistrations(
        webhook.read_url,
        path=webhook.json_path,
        token=webhook.token.get_secret_value(),
        deadline_seconds=webhook.deadline_seconds,
    )
    stack.push_async_callback(registrations.aclose)
    return registrations
