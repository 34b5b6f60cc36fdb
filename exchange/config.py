"""Every setting of a venue, in one frozen object that ``cli`` reads once and hands down."""

from __future__ import annotations

import base64
import binascii
import os
import tomllib
from decimal import Decimal
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from exchange.domain.calendar import HOURS_AHEAD
from exchange.domain.catalogue import CATALOGUE
from exchange.domain.errors import GpuxError
from exchange.domain.lifecycle import Rules
from exchange.domain.text import TEXT_PATTERN
from exchange.domain.units import (
    BPS,
    FEE_BPS_MAX,
    LOTS_MAX,
    MICROS_PER_DOLLAR,
    MINUTES_EACH,
    NEVER_NS,
    ORDERS_RESERVED_MAX,
    micros,
)
from exchange.logs import Level

# A thousandth of the cap on all cash together, so that configured accounts cannot exhaust it.
CASH_USD_MAX = 4 * 10**9
COMMANDS_PER_TURN_MAX = 2**20

FeeBps = Annotated[int, Field(ge=0, le=FEE_BPS_MAX)]
CashUsd = Annotated[Decimal, Field(ge=0, le=CASH_USD_MAX, decimal_places=6)]


class BadSettings(GpuxError):
    """A settings file or option that does not fit; the message names the field and the reason."""


def master_key() -> bytes | None:
    """What secrets of keys are sealed under, if the environment says it: GPUX_MASTER_KEY, 32 bytes in base64.

    Raises BadSettings if that is not what it says.
    """
    text = os.environ.get("GPUX_MASTER_KEY")
    if not text:
        return None
    try:
        master = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        master = b""
    if len(master) != 32:
        raise BadSettings("GPUX_MASTER_KEY is not 32 bytes in base64; make one with `openssl rand -base64 32`")
    return master


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AccountSettings(Section):
    """An account that is opened when the venue first starts."""

    name: Annotated[str, Field(pattern=TEXT_PATTERN)]
    cash_usd: CashUsd = Decimal(0)
    # Nodes that may be sold in every hour that the venue lists.
    capacity_lots: Annotated[int, Field(ge=0, le=LOTS_MAX)] = 0
    maker_fee_bps: FeeBps | None = None  # None: the venue's
    taker_fee_bps: FeeBps | None = None
    # Of its cash, pledged for what it does not deliver.
    bond_usd: CashUsd = Decimal(0)
    # Another account that may say what its nodes delivered.
    attested_by: Annotated[str, Field(pattern=TEXT_PATTERN)] | None = None
    # What it may spend on hours of a UTC day, and who pays for it; such an account has nothing of its own.
    credit_usd_a_day: CashUsd = Decimal(0)
    sponsor: str = ""
    # Whether it may be short beyond its capacity, see docs/margin.md.
    on_margin: bool = False

    @property
    def bond_micros(self) -> int:
        return micros(self.bond_usd)

    @property
    def cash_micros(self) -> int:
        return micros(self.cash_usd)

    @property
    def credit_micros(self) -> int:
        return micros(self.credit_usd_a_day)

    @model_validator(mode="after")
    def _credit_is_all_that_it_has(self) -> AccountSettings:
        if bool(self.credit_usd_a_day) != bool(self.sponsor):
            raise ValueError("credit_usd_a_day and sponsor go together: say both or neither")
        if self.sponsor and (self.cash_usd or self.capacity_lots or self.bond_usd):
            raise ValueError("an account on credit has no cash_usd, bond_usd or capacity_lots: it has its sponsor's")
        return self


class FeeTierSettings(Section):
    """Fees from this volume of 30 days on, of an account's trades on either side."""

    volume_usd: Annotated[CashUsd, Field(gt=0)]
    maker_fee_bps: FeeBps
    taker_fee_bps: FeeBps

    @property
    def volume_micros(self) -> int:
        return micros(self.volume_usd)


class RebateSettings(Section):
    """From this share of time on, so much of a maker's volume of the day comes back."""

    share: Annotated[float, Field(ge=0, le=1)]
    bps: Annotated[int, Field(ge=0, le=FEE_BPS_MAX)]


class MakerSettings(Section):
    """When a market counts as kept two-sided, and what that is worth."""

    spread_bps: Annotated[int, Field(ge=0, le=20_000)] = 300
    lots: Annotated[int, Field(ge=1, le=LOTS_MAX)] = 1
    rebates: tuple[RebateSettings, ...] = ()


class DeliverySettings(Section):
    """What a seller owes who does not deliver. See ``exchange.clearing.imbalance``."""

    penalty_bps: Annotated[int, Field(ge=0, le=10 * BPS)] = 1_000
    scarcity_bps: Annotated[int, Field(ge=0, le=10 * BPS)] = 10_000
    price_most_bps: Annotated[int, Field(ge=BPS, le=100 * BPS)] = 30_000
    # From how many missing minutes on another hour is bought, if there is one.
    make_good_minutes: Annotated[int, Field(ge=1, le=MINUTES_EACH)] = 30


class MarginSettings(Section):
    """What is asked of accounts that may be short beyond their capacity, and how a call on them goes on."""

    credit_bps: FeeBps = 5_000  # how much of an hour held counts
    # How prices move while a position is closed, and how far scenarios go: exchange.clearing.covariance and margin.
    sigma: Annotated[float, Field(gt=0, le=2)] = 0.12
    decay_hours: Annotated[float, Field(gt=0)] = 24.0
    across_skus: Annotated[float, Field(ge=0, le=1)] = 0.7
    across_regions: Annotated[float, Field(ge=0, le=1)] = 0.5
    z: Annotated[float, Field(gt=0, le=10)] = 2.33
    spike: Annotated[float, Field(ge=1, le=10)] = 3.0
    coverage: Annotated[float, Field(ge=0, le=1)] = 0.35
    jump: Annotated[float, Field(ge=1, le=100)] = 1.5
    # New values are said when a mark has moved so far, and of all hours after so long.
    move_bps: Annotated[int, Field(ge=0, le=10_000)] = 50
    refresh_seconds: Annotated[float, Field(ge=1)] = 300.0
    look_seconds: Annotated[float, Field(gt=0)] = 1.0
    # exchange.clearing.liquidation
    grace_seconds: Annotated[float, Field(ge=0)] = 300.0
    slice_lots: Annotated[int, Field(ge=1, le=LOTS_MAX)] = 10
    protection_bps: Annotated[int, Field(ge=0, le=10_000)] = 200
    auction_seconds: Annotated[float, Field(ge=1)] = 300.0


class DoorSettings(Section):
    """Who may come in, how many at a time, and how long they may take about it."""

    # TCP connections, upgraded or not. An IPv6 address counts with all of its /64.
    sockets_max: Annotated[int, Field(ge=1, le=200_000)] = 2_000
    sockets_per_address_max: Annotated[int, Field(ge=1)] = 500
    sockets_per_second: Annotated[int, Field(ge=1)] = 20  # new ones of an address
    sockets_burst: Annotated[int, Field(ge=1)] = 100
    # WebSockets.
    connections_per_address_max: Annotated[int, Field(ge=1)] = 400
    connections_per_account_max: Annotated[int, Field(ge=1)] = 100
    unauthenticated_max: Annotated[int, Field(ge=1)] = 700  # so that there is room for those who have a key
    # From the first byte to a whole header, and between two requests over one connection.
    header_seconds: Annotated[float, Field(gt=0)] = 15.0
    body_seconds: Annotated[float, Field(gt=0)] = 5.0
    # A WebSocket without a key, without a channel and without a request for so long is closed.
    silent_seconds: Annotated[float, Field(gt=0)] = 120.0
    # A ping after so long without a byte from the client; it has half of that to answer.
    ping_seconds: Annotated[float, Field(gt=0)] = 30.0
    # One message: how long it may take to arrive, and in how many frames.
    message_seconds: Annotated[float, Field(gt=0)] = 10.0
    fragments_max: Annotated[int, Field(ge=1)] = 128
    controls_per_second: Annotated[int, Field(ge=1)] = 50  # pings and pongs of one client
    # Room that the system holds for what a client has not taken yet; what is beyond waits with us.
    send_buffer_bytes: Annotated[int, Field(ge=2**12)] = 2**18
    # A client that takes nothing of what waits for it for so long is disconnected.
    stall_seconds: Annotated[float, Field(gt=0)] = 30.0
    # Networks whose word on whom they speak for (X-Forwarded-For) is taken, such as "10.0.0.0/8".
    trusted_proxies: tuple[str, ...] = ()
    # Pages of these origins, such as "https://desk.example", may connect, besides our own.
    origins: tuple[str, ...] = ()
    # Both or neither; with them the port speaks TLS only.
    tls_cert: Path | None = None
    tls_key: Path | None = None

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        for text in texts:
            ip_network(text)
        return texts

    @model_validator(mode="after")
    def _key_and_certificate(self) -> DoorSettings:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key go together: say both or neither")
        return self


class GatewaySettings(Section):
    """Bounds on what one connection may cost the others."""

    connections_max: Annotated[int, Field(ge=1, le=100_000)] = 1_000
    frame_bytes_max: Annotated[int, Field(ge=1_024, le=2**20)] = 16_384
    # Credits a second, and how many may be saved up for a burst: of orders, of cancels and of questions each.
    rate_per_second: Annotated[int, Field(ge=1)] = 2_000
    rate_burst: Annotated[int, Field(ge=1)] = 4_000
    # The same for all connections and HTTP requests of an account together, or of an address without a key.
    account_rate_per_second: Annotated[int, Field(ge=1)] = 4_000
    account_rate_burst: Annotated[int, Field(ge=1)] = 8_000
    # So many bytes that wait for a reader make it a slow one, whose books and tickers are conflated.
    slow_bytes: Annotated[int, Field(ge=2**12)] = 2**18
    # A reader that falls this far behind is disconnected rather than remembered.
    buffer_bytes_max: Annotated[int, Field(ge=2**16)] = 2**23
    subscriptions_max: Annotated[int, Field(ge=1)] = 20_000
    # How often a ticker speaks though nothing changed.
    ticker_seconds: Annotated[float, Field(ge=0.1, le=3_600)] = 5.0
    # Whether a lost connection takes its orders with it, unless it or its account chooses.
    cancel_on_disconnect: bool = True
    account_subscriptions_max: Annotated[int, Field(ge=1)] = 100_000
    # How long a venue that is to stop goes on for those who are there, so that others hear that it is not ready.
    drain_seconds: Annotated[float, Field(ge=0, le=60)] = 0.0
    # How far the timestamp in a signature may be from the venue's clock.
    signature_age_seconds: Annotated[int, Field(ge=1, le=3_600)] = 60
    door: DoorSettings = DoorSettings()


class OperatorSettings(Section):
    """Where the operator's plane listens, which is nowhere unless a port is set."""

    host: Annotated[str, Field(min_length=1, max_length=255)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] | None = None  # 0: any free port


class Settings(Section):
    """The venue."""

    host: Annotated[str, Field(min_length=1, max_length=255)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8_700  # 0: any free port
    directory: Path
    skus: tuple[str, ...] = ("H100SXM", "RTX4090")
    regions: tuple[str, ...] = ("USE", "EUW")
    # Two weeks of hours, and of all strips that lie within them.
    hours_ahead: Annotated[int, Field(ge=0, le=HOURS_AHEAD)] = HOURS_AHEAD
    # How long the stages of a contract last.
    stages: Rules = Rules()
    delivery: DeliverySettings = DeliverySettings()
    maker_fee_bps: FeeBps = 0
    taker_fee_bps: FeeBps = 2
    # Lower fees for more volume, by rising volume; below the first of them the two above count.
    fee_tiers: tuple[FeeTierSettings, ...] = ()
    makers: MakerSettings = MakerSettings()
    accounts: tuple[AccountSettings, ...] = ()
    # Cash of an account that comes into being because somebody made a key for it.
    newcomer_cash_usd: CashUsd = Decimal(0)
    log_level: Level = "info"
    # Answer before the disk has what was asked: quicker, and lost with the power. See docs/journal.md.
    acknowledge_before_sync: bool = False
    inbox_max: Annotated[int, Field(ge=1, le=COMMANDS_PER_TURN_MAX)] = 65_536
    # Memory for so many orders and client ids is taken before the first, not while they come in.
    orders_reserved: Annotated[int, Field(ge=0, le=ORDERS_RESERVED_MAX)] = 100_000
    snapshot_every: Annotated[int, Field(ge=0)] = 1_000_000  # commands; 0: on a clean stop only
    snapshots_kept: Annotated[int, Field(ge=1, le=1_000)] = 3
    gateway: GatewaySettings = GatewaySettings()
    operator: OperatorSettings = OperatorSettings()
    margin: MarginSettings = MarginSettings()

    @field_validator("skus")
    @classmethod
    def _known_skus(cls, codes: tuple[str, ...]) -> tuple[str, ...]:
        return _known_once(codes, sorted(CATALOGUE.skus), "SKU")

    @field_validator("regions")
    @classmethod
    def _known_regions(cls, codes: tuple[str, ...]) -> tuple[str, ...]:
        return _known_once(codes, sorted(CATALOGUE.regions), "region")

    @field_validator("accounts")
    @classmethod
    def _distinct_accounts(cls, accounts: tuple[AccountSettings, ...]) -> tuple[AccountSettings, ...]:
        names = [account.name for account in accounts]
        if "venue" in names:
            raise ValueError("the name 'venue' belongs to the venue itself")
        _once(names, "account")
        own = {account.name for account in accounts if not account.sponsor}
        for account in accounts:
            if account.sponsor and account.sponsor not in own:
                raise ValueError(f"sponsor {account.sponsor[:40]!r} of {account.name!r} must be an account with cash")
        return accounts

    @model_validator(mode="after")
    def _nominations_end_in_time(self) -> Settings:
        minutes = min((CATALOGUE.sku(code).gate_minutes for code in self.skus), default=NEVER_NS)
        if self.stages.nomination_minutes >= minutes:
            raise ValueError(f"stages.nomination_minutes must be below {minutes}: delivery begins so soon after a gate")
        return self

    @property
    def newcomer_cash_micros(self) -> int:
        return int(self.newcomer_cash_usd * MICROS_PER_DOLLAR)


def load_settings(file: Path | None, overrides: dict[str, Any]) -> Settings:
    """The settings in the TOML ``file``, if any, with ``overrides`` in place of what it says, section by section.

    Raises BadSettings, naming each field that is wrong and why. A relative ``directory``
    in the file is relative to the file.
    """
    entries = {} if file is None else _entries(file)
    try:
        return Settings.model_validate(_over(entries, overrides))
    except ValidationError as error:
        where = "settings" if file is None else str(file)
        reasons = "; ".join(f"{_field(fault['loc'])}: {fault['msg']}" for fault in error.errors())
        raise BadSettings(f"{where}: {reasons}") from None


def _over(entries: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    both = {name: (entries[name], value) for name, value in overrides.items() if name in entries}
    inner = {name: _over(*pair) for name, pair in both.items() if all(isinstance(each, dict) for each in pair)}
    return entries | overrides | inner


def _entries(file: Path) -> dict[str, Any]:
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"{file}: cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"{file}: is not TOML: {error}") from None
    if isinstance(entries.get("directory"), str):
        entries["directory"] = file.parent / entries["directory"]
    return entries


def _field(location: tuple[int | str, ...]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location).lstrip(".")


def _known_once(codes: tuple[str, ...], known: list[str], what: str) -> tuple[str, ...]:
    for code in codes:
        if code not in known:
            raise ValueError(f"unknown {what} {code[:40]!r}: one of {', '.join(known)}")
    _once(list(codes), what)
    return codes


def _once(names: list[str], what: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{what} {name[:40]!r} is there twice")
