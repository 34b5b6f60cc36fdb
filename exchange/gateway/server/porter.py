"""Who is in, by address, and how fast more of them come. Sans-I/O."""

from __future__ import annotations

from collections import Counter, OrderedDict
from ipaddress import ip_address, ip_network

from exchange.config import DoorSettings
from exchange.gateway.session.limits import Credits

ADDRESSES_KEPT = 10_000
_SITE_BITS = 64


class Porter:
    """Counts sockets as they come and go, and WebSockets among them."""

    def __init__(self, settings: DoorSettings) -> None:
        self._settings = settings
        self._proxies = [ip_network(text) for text in settings.trusted_proxies]
        self._sockets: Counter[str] = Counter()
        self._connections: Counter[str] = Counter()
        # Of each address, the one that came longest ago first.
        self._pace: OrderedDict[str, Credits] = OrderedDict()

    def admit(self, peer: str, now_ns: int) -> str:
        """Why a socket of ``peer`` is turned away; if empty, it is counted until ``leave``."""
        settings, owner = self._settings, owner_of(peer)
        if self._sockets.total() >= settings.sockets_max:
            return "the venue has as many sockets as it may; try again later"
        if not self.trusts(peer):
            if self._sockets[owner] >= settings.sockets_per_address_max:
                return f"at most {settings.sockets_per_address_max} sockets from one address; close some"
            if not self._pace_of(owner, now_ns).take(now_ns):
                return f"at most {settings.sockets_per_second} new sockets a second from one address; slow down"
        self._sockets[owner] += 1
        return ""

    def leave(self, peer: str) -> None:
        _less(self._sockets, owner_of(peer))

    def upgrade(self, address: str) -> str:
        """Why a WebSocket of ``address`` is turned away; if empty, it is counted until ``downgrade``."""
        owner, most = owner_of(address), self._settings.connections_per_address_max
        if self._connections[owner] >= most:
            return f"at most {most} connections from one address; close some"
        self._connections[owner] += 1
        return ""

    def downgrade(self, address: str) -> None:
        _less(self._connections, owner_of(address))

    def trusts(self, peer: str) -> bool:
        """Whether ``peer`` is a proxy of ours, which comes for many."""
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self._proxies)

    def client_of(self, peer: str, forwarded: str) -> str:
        """Whom ``peer`` speaks for: itself, unless it is a proxy of ours that says otherwise.

        forwarded: ``X-Forwarded-For``; what stands left of the first stranger anybody may have written.
        """
        hops = [hop.strip() for hop in forwarded.split(",")] if forwarded else []
        client = peer
        while hops and self.trusts(client):
            client = hops.pop()
        return client

    def _pace_of(self, owner: str, now_ns: int) -> Credits:
        settings = self._settings
        pace = self._pace.pop(owner, None) or Credits(settings.sockets_per_second, settings.sockets_burst, now_ns)
        self._pace[owner] = pace
        if len(self._pace) > ADDRESSES_KEPT:
            self._pace.popitem(last=False)
        return pace


def owner_of(address: str) -> str:
    """Who is counted for an address: of IPv6 the /64, as that is the least that one household gets."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if known.version == 4:
        return address
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ip_network((int(known) >> _SITE_BITS << _SITE_BITS, _SITE_BITS)))


def _less(counts: Counter[str], owner: str) -> None:
    counts[owner] -= 1
    if counts[owner] <= 0:
        del counts[owner]
