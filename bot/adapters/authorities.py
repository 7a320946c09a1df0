"""Whose certificates are believed: read once for all connections, for each reading takes 20 ms and 0.9 MB."""

from __future__ import annotations

import ssl
from functools import cache

import httpx


@cache
def authorities(ca_file: str | None = None) -> ssl.SSLContext:
    """Those of this file (PEM), or the public ones, as httpx knows them, for whoever speaks HTTP.

    Shared: nobody may load a key of his own into it. Raises OSError, and ssl.SSLError for a file without any.
    """
    return ssl.create_default_context(cafile=ca_file) if ca_file else httpx.create_ssl_context()


@cache
def system_authorities() -> ssl.SSLContext:
    """Those of the operating system, for whoever follows OpenSSL; shared as well."""
    return ssl.create_default_context()
