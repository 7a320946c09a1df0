"""The durable steps: one idempotent act a file, each able to tell from the observed world that it is done."""
