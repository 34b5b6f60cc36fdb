"""Settings: read once, whole or refused with the field and the reason."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from exchange.config import BadSettings, load_settings

GOOD = """
directory = "venue"
port = 9000
skus = ["H200SXM"]
regions = ["APN"]
hours_ahead = 2
newcomer_cash_usd = 100

[[accounts]]
name = "maker"
cash_usd = 250000.25
capacity_lots = 8

[gateway]
rate_per_second = 5
"""


def write(directory: Path, text: str) -> Path:
    file = directory / "gpux.toml"
    file.write_text(text)
    return file


def test_a_file_and_options_make_one_frozen_object(tmp_path: Path) -> None:
    """Options win, what neither says has its default, a directory is relative to the file."""
    settings = load_settings(write(tmp_path, GOOD), {"port": 0})
    assert settings.port == 0
    assert settings.directory == tmp_path / "venue"
    assert settings.host == "127.0.0.1"
    assert settings.accounts[0].cash_usd == Decimal("250000.25")
    assert settings.accounts[0].cash_micros == 250_000_250_000
    assert settings.newcomer_cash_micros == 100_000_000
    assert (settings.gateway.rate_per_second, settings.gateway.frame_bytes_max) == (5, 16_384)
    with pytest.raises(ValidationError, match="frozen"):
        settings.port = 1


def test_an_option_of_a_section_leaves_the_rest_of_it(tmp_path: Path) -> None:
    """As --tls-cert and --tls-key do."""
    door = {"tls_cert": Path("cert.pem"), "tls_key": Path("key.pem")}
    gateway = load_settings(write(tmp_path, GOOD + "door.sockets_max = 9"), {"gateway": {"door": door}}).gateway
    assert (gateway.rate_per_second, gateway.door.sockets_max) == (5, 9)
    assert (gateway.door.tls_cert, gateway.door.tls_key) == (Path("cert.pem"), Path("key.pem"))


def test_options_alone_are_enough(tmp_path: Path) -> None:
    """All that has no default is the directory."""
    assert load_settings(None, {"directory": tmp_path}).port == 8700
    with pytest.raises(BadSettings, match="directory: Field required"):
        load_settings(None, {})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("port = 70000", "port: Input should be less than or equal to 65535"),
        ('port = "http"', "port: Input should be a valid integer"),
        ("colour = 1", "colour: Extra inputs are not permitted"),
        ('skus = ["H100"]', "skus: .*unknown SKU 'H100': one of A100PCIE80"),
        ('regions = ["USE", "USE"]', "regions: .*region 'USE' is there twice"),
        ("hours_ahead = 1.5", "hours_ahead: "),
        ("taker_fee_bps = -1", "taker_fee_bps: Input should be greater than or equal to 0"),
        ("inbox_max = 0", "inbox_max: "),
        ("[gateway]\nrate_per_second = 0", r"gateway\.rate_per_second: "),
        ('[[accounts]]\nname = "a b"', r"accounts\[0\]\.name: String should match pattern"),
        ('[[accounts]]\nname = "a"\ncash_usd = nan', r"accounts\[0\]\.cash_usd: "),
        ('[[accounts]]\nname = "a"\ncash_usd = 1e30', r"accounts\[0\]\.cash_usd: "),
        ('[[accounts]]\nname = "a"\ncash_usd = -1', r"accounts\[0\]\.cash_usd: "),
        ('[[accounts]]\nname = "a"\n[[accounts]]\nname = "a"', "accounts: .*account 'a' is there twice"),
        ('[[accounts]]\nname = "venue"', "accounts: .*belongs to the venue"),
        ("port = ", r"gpux\.toml: is not TOML"),
    ],
)
def test_bad_settings_are_refused_with_the_field_and_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    """In one line that names the file."""
    file = write(tmp_path, text)
    with pytest.raises(BadSettings, match=reason) as refusal:
        load_settings(file, {"directory": tmp_path})
    assert str(file) in str(refusal.value)
    assert len(str(refusal.value).splitlines()) == 1


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """So is one that is not text."""
    with pytest.raises(BadSettings, match="cannot be read"):
        load_settings(tmp_path / "nowhere.toml", {})
    (tmp_path / "gpux.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadSettings, match="cannot be read"):
        load_settings(tmp_path / "gpux.toml", {})
