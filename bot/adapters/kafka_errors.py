"""librdkafka's errors in our words; what it says in passing is nearer to the cause than how a request ends."""

from __future__ import annotations

import re
import time

from confluent_kafka import KafkaError

from bot.domain.errors import AccessDenied, BadAnswer, NotFound, RateLimited, SfintError, Unreachable

_REFUSED = frozenset({KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED})
_DENIED = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "DESCRIBE on the topic",
    KafkaError.GROUP_AUTHORIZATION_FAILED: "DESCRIBE on the group",
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: "DESCRIBE on the cluster",
}
_SETTLING = frozenset(
    {
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.NOT_COORDINATOR,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
    }
)
_AWAY = _SETTLING | frozenset(
    {
        KafkaError._TRANSPORT,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._RESOLVE,
        KafkaError._SSL,
        KafkaError._TIMED_OUT,
        KafkaError._TIMED_OUT_QUEUE,
        KafkaError._DESTROY,
        KafkaError._NODE_UPDATE,
        KafkaError._WAIT_COORD,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.NETWORK_EXCEPTION,
        KafkaError.BROKER_NOT_AVAILABLE,
    }
)
_NO_ANSWER = frozenset({KafkaError._TIMED_OUT, KafkaError._TIMED_OUT_QUEUE, KafkaError.REQUEST_TIMED_OUT})
_CUT_OFF = re.compile(r"transport failure|disconnected|timed out", re.IGNORECASE)
_PLACE = re.compile(r"^(?:\w+://)?[^ ]+?(?:/(?:bootstrap|\d+))?: ")
"""librdkafka's own prefix: protocol, server, broker id."""


def _is_refusal(error: KafkaError) -> bool:
    """A broker that goes away in the middle of a log-in has not refused it, though librdkafka calls it so."""
    return error.code() in _REFUSED and not _CUT_OFF.search(error.str() or "")


def passes_soon(error: KafkaError) -> bool:
    """True for what a cluster says of itself while it moves a group's coordinator, or makes the first one."""
    return error.code() in _SETTLING


def could_not_ask(error: KafkaError) -> bool:
    """True where the whole question failed, not only what it said of one topic or group."""
    code = error.code()
    return code in _AWAY or code in _REFUSED or (code < 0 and code != KafkaError._UNKNOWN_PARTITION)


def translated(error: KafkaError, words: str) -> SfintError:
    """The error tree's; `words` name what was asked."""
    code, said = error.code(), _said(error)
    if _is_refusal(error):
        return AccessDenied(f"{words} refused our API key: {said}")
    if code in _DENIED:
        return AccessDenied(f"{words}: our API key lacks {_DENIED[code]} ({error.name()})")
    if code in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.GROUP_ID_NOT_FOUND):
        return NotFound(f"{words}: {said}")
    if code == KafkaError.THROTTLING_QUOTA_EXCEEDED:
        return RateLimited(f"{words}: {said}")
    if code in _AWAY or code in _REFUSED:
        return Unreachable(f"{words} cannot be reached: {said}")
    return BadAnswer(f"{words} answered outside its contract: {said} ({error.name()})")


class LastErrors:
    """What librdkafka reported in passing: a wrong key ends a request as a time-out, and says so only here."""

    def __init__(self, where: str, deadline_seconds: float) -> None:
        self._where = where
        self._deadline_seconds = deadline_seconds
        self._told: dict[int, tuple[float, KafkaError]] = {}

    def note(self, error: KafkaError) -> None:
        """librdkafka's `error_cb`; called while the client is polled."""
        self._told[error.code()] = (time.monotonic(), error)

    def any_since(self, moment: float) -> bool:
        """True where something went wrong with the connections."""
        return any(at >= moment for at, _ in self._told.values())

    def refusal_since(self, moment: float) -> SfintError | None:
        """A refused log-in: it does not heal itself, so there is nothing to wait for."""
        told = [error for code in _REFUSED if (error := self._since(code, moment)) and _is_refusal(error)]
        return translated(told[0], self._where) if told else None

    def explain(self, error: KafkaError, moment: float) -> SfintError:
        """The reason behind the error, as far as it was told since `moment`."""
        if error.code() not in _AWAY:
            return translated(error, self._where)
        causes = (*_REFUSED, KafkaError._RESOLVE, KafkaError._SSL, KafkaError._TRANSPORT)
        told = [found for code in causes if (found := self._since(code, moment)) is not None]
        if told:
            return translated(told[0], self._where)
        if error.code() in _NO_ANSWER:
            return Unreachable(f"{self._where} did not answer within {self._deadline_seconds:g} s")
        return translated(error, self._where)

    def _since(self, code: int, moment: float) -> KafkaError | None:
        at, error = self._told.get(code, (0.0, None))
        return error if at >= moment else None


def _said(error: KafkaError) -> str:
    """`Connect to ipv4#10.0.0.1:9092 failed: Connection refused`, without its prefix and its timing."""
    words = re.sub(r" \(after \d+ms in state \w+.*\)", "", _PLACE.sub("", error.str() or ""))
    return words.strip() or error.name()
