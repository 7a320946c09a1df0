"""The node of the lab's cluster: pods backed by real processes on loopback addresses."""

from lab.estate.kubernetes.kubelet.kubelet import NODE, Kubelet
from lab.estate.kubernetes.kubelet.runtime import IDLE, Container, Launch, Runtime, StartFailed

__all__ = ["IDLE", "NODE", "Container", "Kubelet", "Launch", "Runtime", "StartFailed"]
