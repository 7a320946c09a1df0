"""Builds the systems of every target from the settings; a part of the composition root."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack

from bot.adapters.kubernetes import KubernetesCluster, KubernetesWorkloads
from bot.adapters.kubernetes_api import connect_kubernetes
from bot.adapters.redis import Login, RedisCache, Tls
from bot.adapters.salesforce import LoginLimits, SalesforceCredentials, SalesforceCrm
from bot.ports.clock import Clock
from bot.ports.estate import Estate
from bot.ports.logins import LoginBook
from bot.settings import RedisSettings, SalesforceSettings, Settings, TargetSettings


async def open_estates(
    settings: Settings, logins: LoginBook, clock: Clock, stack: AsyncExitStack
) -> Mapping[str, Estate]:
    """Target name -> its systems. Nothing is asked yet; what is opened is closed with the stack."""
    return {name: await _estate(name, target, logins, clock, stack) for name, target in settings.targets.items()}


async def _estate(
    name: str, target: TargetSettings, logins: LoginBook, clock: Clock, stack: AsyncExitStack
) -> Estate:
    way = target.kubernetes
    api = await connect_kubernetes(
        kubeconfig=str(way.kubeconfig) if way.kubeconfig else None,
        context=way.context or None,
        in_cluster=way.in_cluster,
        url=way.url or "",
        token=way.token.get_secret_value(),
        ca_file=str(way.ca_file) if way.ca_file else None,
    )
    stack.push_async_callback(api.close)
    crm = _crm(name, target.salesforce, logins, clock)
    stack.push_async_callback(crm.aclose)
    return Estate(KubernetesCluster(api), KubernetesWorkloads(api), _cache(target.redis), crm, clock)


def _cache(redis: RedisSettings) -> RedisCache:
    tls = redis.tls
    return RedisCache(
        master_name=redis.master_name,
        redis_port=redis.redis_port,
        sentinel_port=redis.sentinel_port,
        redis_login=Login(password=redis.password.get_secret_value()),
        sentinel_login=Login(password=redis.sentinel_password.get_secret_value()),
        tls=Tls(
            ca_file=str(tls.ca_file) if tls.ca_file else None,
            certificate_file=str(tls.cert_file) if tls.cert_file else None,
            key_file=str(tls.key_file) if tls.key_file else None,
            verifies_host_name=tls.check_hostname,
        )
        if tls.enabled
        else None,
    )


def _crm(name: str, org: SalesforceSettings, logins: LoginBook, clock: Clock) -> SalesforceCrm:
    credentials = SalesforceCredentials(
        login_url=org.login_url,
        client_id=org.client_id.get_secret_value(),
        client_secret=org.client_secret.get_secret_value(),
        username=org.username,
        password=org.password.get_secret_value(),
        security_token=org.security_token.get_secret_value(),
    )
    limits = LoginLimits(
        reuse_seconds=org.limiter.reuse_seconds,
        failures=org.limiter.failures,
        failure_window_seconds=org.limiter.failure_window_seconds,
        failures_per_day=org.limiter.failures_per_day,
        per_hour=org.limiter.per_hour,
        stop_after_rate_exceeded_seconds=org.limiter.stop_after_rate_exceeded_seconds,
    )
    return SalesforceCrm(
        credentials,
        target=name,
        book=logins,
        clock=clock,
        limits=limits,
        api_version=org.api_version,
        deadline_seconds=org.deadline_seconds,
    )
