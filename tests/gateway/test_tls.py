"""The same port over TLS, with a certificate made for the test."""

from __future__ import annotations

import ssl
from pathlib import Path

import aiohttp
import pytest
import trustme
from websockets.asyncio.client import connect

from exchange.config import BadSettings, DoorSettings, GatewaySettings
from exchange.gateway.server import Porch
from exchange.gateway.server.tls import tls_context
from tests.gateway.raw import dialled
from tests.gateway.venue import Caller, running
from tests.node.serving import Serving


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def door(authority: trustme.CA, directory: Path) -> DoorSettings:
    certificate = authority.issue_cert("127.0.0.1")
    cert, key = directory / "cert.pem", directory / "key.pem"
    certificate.private_key_pem.write_to_path(key)
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(cert, append=True)
    return DoorSettings(tls_cert=cert, tls_key=key)


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


async def test_a_client_trades_over_tls(authority: trustme.CA, tmp_path: Path) -> None:
    """Over wss with the certificate checked; who trusts nobody of ours does not connect."""
    context = trusting(authority)
    async with running(tmp_path, GatewaySettings(door=door(authority, tmp_path))) as venue:
        url = venue.url.replace("ws:", "wss:")
        async with connect(url, ssl=context, compression=None, proxy=None) as socket:
            caller = Caller(socket)
            await caller.sign_in(venue.alice)
            assert (await caller.call("private/buy", instrument_name=venue.symbol, amount=8, price=2.0))["order"]
        with pytest.raises(ssl.SSLCertVerificationError):
            await connect(url, ssl=ssl.create_default_context(), proxy=None)


async def test_neither_old_tls_nor_none_is_spoken(authority: trustme.CA, tmp_path: Path) -> None:
    """TLS 1.2 is the oldest, whatever the machine's own defaults are, and plain HTTP gets no answer."""
    gateway = GatewaySettings(door=door(authority, tmp_path))
    context = tls_context(gateway.door)
    assert context is not None
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    async with running(tmp_path, gateway) as venue, dialled(venue) as raw:
        await raw.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"HTTP" not in await raw.ended()


async def test_the_porch_speaks_tls_where_the_venue_will(authority: trustme.CA, tmp_path: Path) -> None:
    """Who comes while it recovers is answered over TLS, and not without it."""
    porch = Porch("127.0.0.1", 0, door(authority, tmp_path))
    port = await porch.start()
    async with aiohttp.ClientSession() as http:
        async with http.get(f"https://127.0.0.1:{port}/readyz", ssl=trusting(authority)) as response:
            assert (response.status, (await response.json())["reasons"]) == (503, ["recovering"])
        with pytest.raises(aiohttp.ClientError):
            await http.get(f"http://127.0.0.1:{port}/readyz")
    await porch.stop()


async def test_a_venue_is_started_with_its_certificate(authority: trustme.CA, tmp_path: Path) -> None:
    """By options, beside what the file of settings says of the door."""
    file = tmp_path / "gpux.toml"
    file.write_text('skus = ["H100SXM"]\nregions = ["USE"]\nhours_ahead = 1\n[gateway.door]\nsockets_max = 9\n')
    made = door(authority, tmp_path)
    options = ("--tls-cert", str(made.tls_cert), "--tls-key", str(made.tls_key))
    async with await Serving.start(tmp_path / "venue", file, *options) as serving:
        assert serving.ready["tls"] is True
        url = f"https://127.0.0.1:{serving.ready['port']}/readyz"
        async with aiohttp.ClientSession() as http, http.get(url, ssl=trusting(authority)) as response:
            assert response.status == 200


def test_a_certificate_that_is_none_is_said_at_once(tmp_path: Path) -> None:
    """Not when the first client comes."""
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).write_text("nonsense")
    with pytest.raises(BadSettings, match="no certificate"):
        tls_context(DoorSettings(tls_cert=tmp_path / "cert.pem", tls_key=tmp_path / "key.pem"))
