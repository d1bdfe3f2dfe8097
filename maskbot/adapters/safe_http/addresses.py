"""Which addresses belong to public hosts, and how a name becomes addresses in bounded time (reliability.md E11)."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable

from maskbot.adapters.safe_http.errors import HostUnavailable

_TUNNELS = tuple(
    ipaddress.IPv6Network(network)
    for network in ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16", "fec0::/10")
)
"""IPv6 ranges that lead into IPv4 or sites; a public host needs none of them."""


def is_public(address: str) -> bool:
    """Whether an address belongs to a public host: global, no multicast, no tunnel into IPv4."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if any(ip in network for network in _TUNNELS):
            return False
    elif ip in ipaddress.IPv4Network("192.88.99.0/24"):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, by the system's resolver."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def within(look_up: Callable[[], list[str]], *, timeout_s: float) -> list[str]:
    """Look up in a thread and leave it behind when it is late: name servers have no timeout of their own.

    Raises: HostUnavailable when it is late. A name that does not exist has no addresses.
    """
    found: list[list[str]] = []

    def run() -> None:
        try:
            found.append(look_up())
        except (OSError, UnicodeError):
            found.append([])

    thread = threading.Thread(target=run, name="look-up", daemon=True)
    thread.start()
    thread.join(timeout_s)
    if not found:
        raise HostUnavailable("the name was not resolved in time")
    return found[0]
