"""What the operator asks, as commands for the engine: each is in the journal, like everybody's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from exchange.domain.catalogue import CATALOGUE
from exchange.domain.enums import CommandKind, Phase, Scope
from exchange.domain.enums import Kill as Level
from exchange.domain.records import Command
from exchange.gateway.mirror.markets import NS_PER_MS, Market
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session.reading.finding import find_market
from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests.operator import Kill, OfMarkets, SetLimits

_SCOPES = {"account": Scope.ACCOUNT, "sku_region": Scope.POOL, "instrument": Scope.CONTRACT}
_LEVELS = {"account": Level.ACCOUNT, "entry": Level.ENTRY, "venue": Level.MARKET}


def halt(mirror: Mirror, wish: OfMarkets, now_ns: int) -> list[Command]:
    return [_phase(market, Phase.HALTED) for market in _markets(mirror, wish, now_ns)]


def cancel_only(mirror: Mirror, wish: OfMarkets, now_ns: int) -> list[Command]:
    return [_phase(market, Phase.CANCEL_ONLY) for market in _markets(mirror, wish, now_ns)]


def resume(mirror: Mirror, wish: OfMarkets, now_ns: int) -> list[Command]:
    """Only what was stopped: a market that collects orders goes on doing that."""
    stopped = ("halted", "cancel_only")
    return [_phase(market, Phase.CONTINUOUS) for market in _markets(mirror, wish, now_ns) if market.state in stopped]


def kill(mirror: Mirror, wish: Kill, now_ns: int) -> list[Command]:
    """Nothing more comes in, then what is open goes."""
    if wish.level in _LEVELS:
        return [_switch(mirror, wish, 1)]
    markets = _markets(mirror, _part(wish), now_ns)
    closing = [_phase(market, Phase.CANCEL_ONLY) for market in markets]
    return closing + [Command(kind=CommandKind.CANCEL_ALL, contract=market.number) for market in markets]


def revive(mirror: Mirror, wish: Kill, now_ns: int) -> list[Command]:
    """What was killed may trade again; no order comes back."""
    return [_switch(mirror, wish, 0)] if wish.level in _LEVELS else resume(mirror, _part(wish), now_ns)


def set_limits(mirror: Mirror, wish: SetLimits, now_ns: int) -> list[Command]:
    sku, region = _numbers(wish.sku_region) if wish.scope == "sku_region" else (0, 0)
    return [
        Command(
            kind=CommandKind.LIMITS,
            account=_account(mirror, wish.account),
            option=_SCOPES[wish.scope],
            amount=wish.position_max,
            price_ticks=wish.orders_max,
            display_lots=wish.order_lots_max,
            maker_fee_bps=wish.price_bps,
            expiry_ns=wish.rate_interval_ms * NS_PER_MS,
            minimum_lots=wish.rate_burst,
            sku=sku,
            region=region,
        )
    ]


COMMANDS: dict[str, Callable[[Mirror, Any, int], list[Command]]] = {
    "operator/cancel_only": cancel_only,
    "operator/halt": halt,
    "operator/kill": kill,
    "operator/resume": resume,
    "operator/revive": revive,
    "operator/set_limits": set_limits,
}


def _switch(mirror: Mirror, wish: Kill, is_on: int) -> Command:
    account = 0
    if wish.level == "account":
        if wish.account is None:
            raise Refusal(Code.INVALID_PARAMS, "say which account", param="account")
        account = _account(mirror, wish.account)
    return Command(kind=CommandKind.KILL, option=_LEVELS[wish.level], account=account, lots=is_on)


def _part(wish: Kill) -> OfMarkets:
    name = "instrument_name" if wish.level == "instrument" else "sku_region"
    if getattr(wish, name) is None:
        raise Refusal(Code.INVALID_PARAMS, f"say which {name}", param=name)
    return OfMarkets(**{name: getattr(wish, name)})


def _markets(mirror: Mirror, wish: OfMarkets, now_ns: int) -> list[Market]:
    if sum(field is not None for field in (wish.instrument_name, wish.sku_region, wish.all)) != 1:
        raise Refusal(Code.INVALID_PARAMS, "say one of instrument_name, sku_region and all", param="instrument_name")
    if wish.instrument_name is not None:
        return [find_market(mirror, wish.instrument_name, now_ns)]
    if wish.sku_region is not None:
        _numbers(wish.sku_region)
    going_on = (market for market in mirror.markets if not market.is_over and market.gate_ns > now_ns)
    return [market for market in going_on if wish.sku_region in (None, market.sku_region) and market.state != "listed"]


def _numbers(sku_region: str | None) -> tuple[int, int]:
    sku, _, region = (sku_region or "").partition("_")
    if sku not in CATALOGUE.skus or region not in CATALOGUE.regions:
        advice = f"{(sku_region or '')[:64]!r} is no SKU and region such as H100SXM_USE"
        raise Refusal(Code.INVALID_PARAMS, advice, param="sku_region")
    return CATALOGUE.sku_numbers[sku], CATALOGUE.region_numbers[region]


def _account(mirror: Mirror, name: str) -> int:
    account = mirror.by_name.get(name)
    if account is None or not account.number:
        raise Refusal(Code.NOT_FOUND, f"there is no account {name!r}; see the settings", param="account")
    return account.number


def _phase(market: Market, phase: Phase) -> Command:
    return Command(kind=CommandKind.PHASE, contract=market.number, option=phase)
