"""Protocols that the inside speaks and the adapters fulfil; one noun a file."""
