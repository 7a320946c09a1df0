"""A Kubernetes cluster in one process: the API the bot uses, the controllers behind it, pods as processes.

Another part of the estate adds its container so:

    kubernetes = KubernetesStandIn()
    kubernetes.kubelet.register("acme/salesforce-integration", Runtime(launch))
    await kubernetes.start()
    kubernetes.create({...a Deployment whose image is acme/salesforce-integration:production-v0.1.7...})

where `async def launch(container: Container) -> Launch` returns the process to start, usually
`Launch([sys.executable, "-m", "lab.estate.middleware"], container.env)`; the process listens on
`container.pod_ip`. A `readinessProbe: {httpGet: {path: /health, port: 8080}}` in the pod template is asked
at `http://<pod ip>:8080/health`. What the process prints is the container's log; when it exits, the
container is started again with the real crash-loop back-off.
"""

from lab.estate.kubernetes.errors import ApiError
from lab.estate.kubernetes.http import Recorded
from lab.estate.kubernetes.kubelet import IDLE, Container, Launch, Runtime, StartFailed
from lab.estate.kubernetes.rbac import Rule
from lab.estate.kubernetes.standin import KubernetesStandIn

__all__ = [
    "IDLE",
    "ApiError",
    "Container",
    "KubernetesStandIn",
    "Launch",
    "Recorded",
    "Rule",
    "Runtime",
    "StartFailed",
]
