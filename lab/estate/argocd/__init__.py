"""Argo CD on loopback: compares the lab's cluster with what it adopted as Git, syncs, and heals when told to."""

from lab.estate.argocd.server import ArgoCdStandIn

__all__ = ["ArgoCdStandIn"]
