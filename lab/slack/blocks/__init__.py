"""Block Kit: which messages and views Slack accepts, and in which words it refuses the others."""

from lab.slack.blocks.surfaces import check_message_blocks, check_view

__all__ = ["check_message_blocks", "check_view"]
