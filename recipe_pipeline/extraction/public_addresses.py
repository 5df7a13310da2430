"""Keep a fetch away from this machine and its network.

For URLs that come from others than the user: the host is resolved once, its addresses are checked, and
the connection goes to a checked address. A name that resolves to something else a moment later (DNS
rebinding) gains nothing by that.
"""

from __future__ import annotations

import ipaddress
import socket

from recipe_pipeline.common.errors import PipelineError

_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # the last 32 bits are an IPv4 address


def public_addresses(host: str, port: int) -> list[str]:
    """The public addresses of ``host``, IPv4 first.

    Raises PipelineError if it has none, and OSError or UnicodeError if it cannot be resolved.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # Many home networks have no way out over IPv6.
    ordered = sorted(found, key=lambda entry: entry[0] != socket.AF_INET)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in ordered))
    public = [address for address in addresses if is_public(address)]
    if not public:
        raise PipelineError(
            f"{host[:200]} is an address of this machine or of a private network, which the server "
            "does not fetch: start it with --allow-private if it should"
        )
    return public


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet: nothing private, local or reserved."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)
