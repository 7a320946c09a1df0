"""LiveAgent on loopback: sessions, long polling, availability, and every way in which they go wrong."""

from lab.estate.live_agent.polls import PollFault
from lab.estate.live_agent.server import LiveAgentStandIn
from lab.estate.live_agent.session import ChatSession

__all__ = ["ChatSession", "LiveAgentStandIn", "PollFault"]
