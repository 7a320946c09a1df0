"""What the composer suggests while somebody types `/sfint`, as the app's usage hint would."""

HINTS = (
    ("/sfint status", "every check at once, worst first"),
    ("/sfint token-test", "ask Salesforce for a token and use it"),
    ("/sfint restart-sentinel", "diagnose Redis, plan the gentlest repair"),
    ("/sfint restart-sentinel --dry-run", "show the plan and stop"),
    ("/sfint restart-middleware", "evidence first, then a rollout restart"),
    ("/sfint runbook", "show or search the runbook"),
    ("/sfint help", "every command with an example"),
)
