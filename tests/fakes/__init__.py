"""Fakes of the bot's ports; those of the estate keep to `tests/contracts/test_*_ports.py`, as the adapters do."""
