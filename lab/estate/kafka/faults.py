"""What can go wrong between a client and the broker, on demand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class BrokerFaults:
    """In force from the next request on. Being down is `KafkaStandIn.go_down()`, permissions are the accounts'.

    `delay_seconds` comes before each answer; `is_silent` takes connections and never answers;
    `answers_garbage` sends an HTML page, as a proxy in the way does.
    """

    delay_seconds: float = 0.0
    is_silent: bool = False
    answers_garbage: bool = False

    def clear(self) -> None:
        """Heal everything."""
        self.delay_seconds, self.is_silent, self.answers_garbage = 0.0, False, False


GARBAGE = b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n\r\n<html><h1>Bad Gateway</h1></html>\r\n"
