"""How many may come in, from where and how fast; and what they may do once they are in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from exchange.config import BadSettings, DoorSettings, GatewaySettings, load_settings
from exchange.domain.units import NS_PER_SECOND
from exchange.gateway.server.porter import Porter, owner_of
from exchange.wire.refusals import Code
from tests.gateway.raw import dialled, frame, handshake, request, upgraded
from tests.gateway.venue import Venue, running, signature, soon


async def status(venue: Venue, *more: str, host: str = "127.0.0.1") -> int:
    """Of a handshake; who gets in leaves again at once."""
    async with dialled(venue) as raw:
        await raw.send(handshake(*more, host=host))
        return await raw.status()


async def test_sockets_of_one_address_are_counted_whatever_they_say(tmp_path: Path) -> None:
    """The fourth of three is turned away before it said a word; when one has gone there is room."""
    settings = GatewaySettings(door=DoorSettings(sockets_per_address_max=3))
    async with running(tmp_path, settings) as venue, dialled(venue), upgraded(venue):
        async with dialled(venue), dialled(venue) as fourth:
            head = await fourth.head()
            assert head.startswith(b"HTTP/1.1 429 ")
            assert b"Retry-After: 1\r\n" in head
            error = json.loads(await fourth.ended())["error"]
            assert error["code"] == Code.TOO_MANY_REQUESTS
            assert "sockets from one address" in error["message"]
        async with soon("room for another"):
            while await status(venue) == 429:
                pass


async def test_new_sockets_of_one_address_come_at_a_pace(tmp_path: Path) -> None:
    """Six at once of five, however soon each has gone."""
    settings = GatewaySettings(door=DoorSettings(sockets_per_second=1, sockets_burst=5))
    async with running(tmp_path, settings) as venue:
        assert [await status(venue) for _ in range(6)] == [101] * 5 + [429]


async def test_websockets_of_one_address_are_counted(tmp_path: Path) -> None:
    """Behind a proxy of ours by the address that it says, from a stranger by its own."""
    async with (
        running(tmp_path, GatewaySettings(door=DoorSettings(connections_per_address_max=1))) as venue,
        upgraded(venue),
    ):
        assert await status(venue, "X-Forwarded-For: 203.0.113.9") == 429
    (tmp_path / "2").mkdir()
    proxied = GatewaySettings(door=DoorSettings(connections_per_address_max=1, trusted_proxies=("127.0.0.0/8",)))
    async with running(tmp_path / "2", proxied) as venue, upgraded(venue, "X-Forwarded-For: 203.0.113.9"):
        assert await status(venue, "X-Forwarded-For: 203.0.113.8") == 101
        assert await status(venue, "X-Forwarded-For: 203.0.113.9") == 429
        # What the client wrote itself stands left of what the proxy saw.
        assert await status(venue, "X-Forwarded-For: 198.51.100.1, 203.0.113.9") == 429


async def test_connections_without_a_key_leave_room_for_those_who_have_one(tmp_path: Path) -> None:
    """Two may be there without; who signs in makes room for the next."""
    settings = GatewaySettings(door=DoorSettings(unauthenticated_max=2))
    async with running(tmp_path, settings) as venue, venue.caller() as alice, venue.caller():
        assert await status(venue) == 503
        await alice.sign_in(venue.alice)
        async with upgraded(venue):
            assert await status(venue) == 503


async def test_connections_of_one_account_are_counted(tmp_path: Path) -> None:
    """The third of two cannot sign in, and stays; signing in again is no other connection."""
    settings = GatewaySettings(door=DoorSettings(connections_per_account_max=2))
    async with running(tmp_path, settings) as venue, venue.caller(venue.bob), venue.caller() as third:
        async with venue.caller(venue.alice) as alice, venue.caller(venue.alice):
            await alice.sign_in(venue.alice)
            reply = await third.ask("public/auth", **signature(venue.alice))
            assert reply["error"]["data"]["reason"] == "connections_of_account"
        async with soon("room for another"):
            while "error" in await third.ask("public/auth", **signature(venue.alice)):
                pass


async def test_channels_of_one_account_are_counted_over_its_connections(tmp_path: Path) -> None:
    """Three of all connections together; what one leaves, or takes along, the other may have."""
    async with running(tmp_path, GatewaySettings(account_subscriptions_max=3)) as venue:
        names = [f"{kind}.{venue.symbol}.raw" for kind in ("book", "trades", "ticker")]
        async with venue.caller(venue.alice) as second, venue.caller(venue.bob) as other:
            async with venue.caller(venue.alice) as first:
                await first.call("public/subscribe", channels=names[:2])
                assert (await second.refused("public/subscribe", channels=names[:2]))["code"] == 11052
                await other.call("public/subscribe", channels=names)
                await first.call("public/unsubscribe", channels=names[:1])
                await second.call("public/subscribe", channels=names[:2])
            async with soon("room for another"):
                while "error" in await second.ask("public/subscribe", channels=names):
                    pass


async def test_a_page_of_another_origin_may_not_connect(tmp_path: Path) -> None:
    """Nor one that made its own name mean our address; our own page, and those of the list, may."""
    settings = GatewaySettings(door=DoorSettings(origins=("https://desk.example",)))
    async with running(tmp_path, settings) as venue:
        here = f"127.0.0.1:{venue.port}"
        for origin, host, expected in (
            ("https://evil.example", here, 403),
            ("null", here, 403),
            (f"http://{here}.evil.example", here, 403),
            ("http://evil.example", "evil.example", 403),
            (f"http://{here}", here, 101),
            (f"http://localhost:{venue.port}", f"localhost:{venue.port}", 101),
            ("http://[::1]:8700", "[::1]:8700", 101),
            ("https://desk.example", here, 101),
            ("https://desk.example:8443", here, 403),
        ):
            assert await status(venue, f"Origin: {origin}", host=host) == expected, origin
        assert await status(venue, host="whatever.example") == 101


async def test_a_flooder_of_orders_can_still_cancel_and_ask(tmp_path: Path) -> None:
    """On every connection of the account, and nobody else is told to wait."""
    settings = GatewaySettings(rate_per_second=1, rate_burst=50, account_rate_per_second=1, account_rate_burst=6)
    async with (
        running(tmp_path, settings) as venue,
        venue.caller(venue.alice) as alice,
        venue.caller(venue.alice) as again,
        venue.caller(venue.bob) as bob,
    ):
        wish = {"instrument_name": venue.symbol, "amount": 8, "price": 2.0}
        replies = [await caller.ask("private/buy", **wish) for caller in (alice, again) * 4]
        assert ["error" in reply for reply in replies] == [False] * 6 + [True] * 2
        told = replies[-1]["error"]
        assert (told["code"], told["data"]["reason"]) == (10028, "rate_of_orders")
        assert 0 < told["data"]["wait_ms"] <= 1_000
        assert f"wait {told['data']['wait_ms']} ms" in told["message"]
        assert await alice.call("private/cancel_all") == 6
        assert (await bob.call("private/buy", **wish))["order"]
        assert await again.call("private/get_open_orders_by_currency", currency="USD") == []


async def test_an_account_is_told_its_limits(tmp_path: Path) -> None:
    """Those of the settings, which are those that count: so many at once, and not one more."""
    settings = GatewaySettings(rate_per_second=1, rate_burst=5, account_rate_per_second=1, account_rate_burst=7)
    async with running(tmp_path, settings) as venue, venue.caller(venue.alice) as alice:
        said = (await alice.call("private/get_account_summary"))["limits"]
        account = {"rate": 1, "burst": 7}
        assert said["matching_engine"] == {"trading": {"total": account}, "cancel_all": account}
        assert (said["non_matching_engine"], said["limits_per_currency"]) == (account, False)
        assert said["connection"] == {"rate": 1, "burst": 5}
        order = {"instrument_name": venue.symbol, "amount": 8, "price": 2.5}
        for number in range(6):
            await alice.send(id=f"order {number}", method="private/buy", params=order)
        replies = [await alice.next() for _ in range(6)]
        errors = {reply["id"]: reply["error"]["code"] for reply in replies if "error" in reply}
        assert errors == {"order 5": Code.TOO_MANY_REQUESTS}


async def test_patience_is_not_renewed_by_coming_again(tmp_path: Path) -> None:
    """The first connection is told a thousand times to wait; the next one of that address not once more."""
    settings = GatewaySettings(account_rate_per_second=1, account_rate_burst=1)
    async with running(tmp_path, settings) as venue:
        answers = []
        for _ in range(2):
            async with upgraded(venue) as raw:
                await raw.send(frame(request()) * 1_200)
                code, _ = await raw.fate()
                answers.append(code)
        assert answers == [1008, 1008]
        async with upgraded(venue) as raw:
            await raw.send(frame(request()) * 200)
            assert (await raw.fate())[0] == 1008


async def test_http_pays_from_the_purse_of_its_address(tmp_path: Path) -> None:
    """The same that its WebSockets without a key pay from; the answer says when to come back."""
    settings = GatewaySettings(account_rate_per_second=1, account_rate_burst=3)
    async with running(tmp_path, settings) as venue, upgraded(venue) as raw:
        await raw.send(frame(request("public/get_time")))
        assert (await raw.message())["result"]
        question = b"GET /api/v2/public/get_time HTTP/1.1\r\nHost: x\r\n\r\n"
        statuses = []
        for _ in range(3):
            async with dialled(venue) as http:
                await http.send(question)
                head = await http.head()
                statuses.append(int(head.split()[1]))
        assert statuses == [200, 200, 429]
        assert b"Retry-After: 1" in head


def test_an_address_is_the_proxys_word_only_where_it_is_ours() -> None:
    """Off by default; the first stranger from the right is the client."""
    assert Porter(DoorSettings()).client_of("10.0.0.1", "203.0.113.9") == "10.0.0.1"
    porter = Porter(DoorSettings(trusted_proxies=("10.0.0.0/8", "fd00::/8")))
    assert porter.client_of("192.0.2.1", "203.0.113.9") == "192.0.2.1"
    assert porter.client_of("10.0.0.1", "") == "10.0.0.1"
    assert porter.client_of("10.0.0.1", "1.1.1.1, 203.0.113.9, 10.0.0.2") == "203.0.113.9"
    assert porter.client_of("fd00::1", "2001:db8::1") == "2001:db8::1"
    assert porter.client_of("10.0.0.1", "nonsense") == "nonsense"


def test_an_address_of_ipv6_counts_with_its_site() -> None:
    """Who has one has 2**64 of them; IPv4 in disguise is IPv4."""
    assert owner_of("2001:db8::1") == owner_of("2001:db8::ffff:1") != owner_of("2001:db8:0:1::1")
    assert owner_of("::ffff:192.0.2.1") == owner_of("192.0.2.1") != owner_of("192.0.2.2")


def test_a_porter_forgets_who_has_gone() -> None:
    """A million addresses later it remembers no more than it must, and lets in as before."""
    porter = Porter(DoorSettings(sockets_per_address_max=1, sockets_burst=1, sockets_per_second=1))
    for number in range(20_000):
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        assert porter.admit(address, 0) == ""
        porter.leave(address)
    assert len(porter._pace) + len(porter._sockets) + len(porter._connections) == 10_000
    assert porter.admit("10.0.78.31", 0) != ""
    assert porter.admit("10.0.78.31", NS_PER_SECOND) == ""
    assert porter.admit("10.0.78.31", 2 * NS_PER_SECOND) != ""


def test_sockets_of_all_addresses_are_counted() -> None:
    """Also of a proxy, for whom there is no other bound."""
    porter = Porter(DoorSettings(sockets_max=3, sockets_per_address_max=1, trusted_proxies=("10.0.0.1/32",)))
    peers = ["10.0.0.1", "10.0.0.1", "192.0.2.1", "192.0.2.2"]
    assert [bool(porter.admit(peer, 0)) for peer in peers] == [False, False, False, True]


@pytest.mark.parametrize(
    ("door", "complaint"),
    [
        ({"tls_cert": "a.pem"}, "go together"),
        ({"trusted_proxies": ["everybody"]}, "everybody"),
        ({"stall_seconds": 0}, "greater than 0"),
    ],
)
def test_settings_that_do_not_fit_are_refused(tmp_path: Path, door: dict[str, object], complaint: str) -> None:
    """Before anything listens, by name."""
    with pytest.raises(BadSettings, match=f"gateway.door.*{complaint}"):
        load_settings(None, {"directory": tmp_path, "gateway": {"door": door}})
