"""The node of the lab's cluster: pods backed by real processes on loopback addresses."""

from lab.estate.kubernetes.kubelet.kubelet import Kubelet
from lab.estate.kubernetes.kubelet.runtime import IDLE, Container, Launch, Runtime, StartFailed

__all__ = ["IDLE", "Container", "Kubelet", "Launch", "Runtime", "StartFailed"]
