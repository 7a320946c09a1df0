"""How what people do reaches the bot: Socket Mode or signed HTTP, three seconds, sometimes twice."""

from lab.slack.delivery.deliveries import Answer, Carrier, Deliveries, Delivery

__all__ = ["Answer", "Carrier", "Deliveries", "Delivery"]
