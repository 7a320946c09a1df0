"""The network addresses that a text names."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

_ADDRESS = re.compile(
    r"(?<![\w.:\]])(?:\[(?P<six>[0-9a-fA-F:.]{2,45})\]|(?P<four>\d{1,3}(?:\.\d{1,3}){3}))(?::(?P<port>\d{1,5}))?(?!\w|\.\w)"
)


@dataclass(frozen=True, slots=True)
class Address:
    """An IP address; `port` is 0 where none is named."""

    ip: str
    port: int = 0

    def __str__(self) -> str:
        host = f"[{self.ip}]" if ":" in self.ip else self.ip
        return f"{host}:{self.port}" if self.port else host


def addresses_in(text: str, most: int) -> tuple[Address, ...]:
    """Those that could be somebody's, each once, in the order of the text; no more than `most`."""
    found: dict[Address, None] = {}
    for match in _ADDRESS.finditer(text):
        address = _address(match["six"] or match["four"], match["port"])
        if address is not None:
            found.setdefault(address)
        if len(found) == most:
            break
    return tuple(found)


def _address(ip: str, port: str | None) -> Address | None:
    try:
        parsed = ipaddress.ip_address(ip)
    except ValueError:
        return None
    if parsed.is_unspecified or parsed.is_multicast or int(port or 0) > 65535:
        return None
    return Address(str(parsed), int(port or 0))
