"""What the composer suggests while somebody types `/sfint`, as the app's usage hint would."""

HINTS = (
    ("/sfint status", "every check at once, worst first"),
    ("/sfint token-test", "ask Salesforce for a token and use it"),
    ("/sfint diagnose", "which page does this text belong to; without a text, a form"),
    ("/sfint logs middleware", "what the runbook knows in its logs, and all of them"),
    ("/sfint topics", "Kafka: topics, groups, lag, traffic"),
    ("/sfint livechat", "LiveAgent: session, buttons, long polls"),
    ("/sfint integrations", "Dispatcher, Freeway, API, Channel"),
    ("/sfint contact", "is this contact blocked? e-mail or phone"),
    ("/sfint contact 5512345678", "is this contact blocked in the CRM? masked"),
    ("/sfint integrations", "the four core services, and the webhook's version"),
    ("/sfint restart-sentinel", "diagnose Redis, plan the gentlest repair"),
    ("/sfint restart-sentinel --dry-run", "show the plan and stop"),
    ("/sfint restart-middleware", "evidence first, then a rollout restart"),
    ("/sfint runbook", "show or search the runbook"),
    ("/sfint help", "every command with an example"),
)

SHORTCUTS = (("sfint:match-to-the-runbook", "Match to the runbook"),)
"""The app's entries in a message's menu, as its manifest has them."""
