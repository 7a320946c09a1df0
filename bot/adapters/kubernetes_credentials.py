"""The ways in to a Kubernetes API server: a kubeconfig (Rancher's too), the pod's own account, a token."""

from __future__ import annotations

from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config

from bot.adapters.authorities import system_authorities
from bot.adapters.kubernetes_api import KubernetesApi, Refresh
from bot.adapters.user_agent import USER_AGENT
from bot.domain.errors import AccessDenied


async def connect_kubernetes(
    *,
    kubeconfig: str | None = None,
    context: str | None = None,
    in_cluster: bool = False,
    url: str = "",
    token: str = "",
    ca_file: str | None = None,
    deadline_seconds: float = 5.0,
    token_place: str = "",
) -> KubernetesApi:
    """Opens the door by exactly one of: a kubeconfig, the pod's service account, or url with token and CA.

    `token_place` says in error messages where `token` is configured.

    Raises AccessDenied where the credentials cannot be read. Nothing is asked of the server yet.
    """
    configuration = Configuration()
    refresh: Refresh | None = None
    try:
        if url:
            configuration.host = url.rstrip("/")
            configuration.ssl_ca_cert = ca_file
            if token:
                configuration.api_key["BearerToken"] = f"Bearer {token}"
        elif in_cluster:
            load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]  # the client leaves it untyped
        else:

            async def refresh(held: Configuration) -> None:
                await load_kube_config(  # type: ignore[no-untyped-call]  # the client leaves it untyped
                    kubeconfig, context, client_configuration=held, persist_config=False
                )

            await refresh(configuration)
    except (ConfigException, OSError) as error:
        raise AccessDenied(f"the Kubernetes credentials cannot be read: {error}") from error
    credentials = _credentials(kubeconfig, in_cluster, token_place, has_token=bool(url))
    return KubernetesApi(_client(configuration), deadline_seconds, refresh, credentials)


def _client(configuration: Configuration) -> ApiClient:
    """Each would hold the system's authorities anew."""
    client = ApiClient(configuration)
    client.user_agent = USER_AGENT
    own = (configuration.ssl_ca_cert, configuration.ca_cert_data, configuration.cert_file)
    if not any(own) and configuration.verify_ssl and not configuration.disable_strict_ssl_verification:
        client.rest_client.ssl_context = system_authorities()
    return client


def _credentials(kubeconfig: str | None, in_cluster: bool, token_place: str, *, has_token: bool) -> str:
    """Where a new token belongs; Kubernetes itself renews those of a pod, as long as the account exists."""
    if in_cluster:
        return "the pod's service account (recreate the account, then the pod)"
    return (token_place or "its setting") if has_token else f"the kubeconfig {kubeconfig or ''}".strip()
