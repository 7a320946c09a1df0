"""The live chat as an administrator sets it up in the org: a button, its queue, the agents of the queue."""

from __future__ import annotations

from collections.abc import Sequence

from lab.estate.salesforce.org import Org
from lab.estate.salesforce.records import Record, eighteen


def open_chat_queue(org: Org, button_id: str, queue_name: str, agents: Sequence[str]) -> Record:
    """The queue's row; `button_id` is the 15-character id that live chat knows."""
    queue = org.add_queue(queue_name, *(org.add_user(name) for name in agents), serves="LiveChatTranscript")
    org.store.add(
        "LiveChatButton",
        Id=eighteen(button_id),
        MasterLabel=queue_name,
        DeveloperName=queue_name.replace(" ", "_"),
        IsActive=True,
        Type="Standard",
        RoutingType="OmniQueue",
        QueueId=queue["Id"],
    )
    return queue
