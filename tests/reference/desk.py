"""What the venue's desk sets: phases, marks, bands, limits, groups, protection and kill switches."""

from __future__ import annotations

from exchange.domain.enums import EventKind, Kill, Phase, Reason, Reject, Scope
from exchange.domain.records import Command
from exchange.domain.units import BPS, LOTS_MAX, PRICE_TICKS_MAX, TOTAL_MAX
from tests.reference.accounts import Cap, Protection
from tests.reference.contracts import COLLECTING_PHASES
from tests.reference.market import Market
from tests.reference.phases import change_phase

DURATION_NS_MAX = 10**15
RATE_INTERVAL_NS_MAX = 10**12
RATE_BURST_MAX = 10**6
_PHASES = (Phase.CONTINUOUS, Phase.PREOPEN, Phase.CLOSING, Phase.HALTED, Phase.CANCEL_ONLY, Phase.LISTED)
_FOLLOWS = {Phase.NOMINATED: Phase.GATED, Phase.DELIVERING: Phase.NOMINATED, Phase.SETTLED: Phase.DELIVERING}


def _configured(market: Market, command: Command) -> None:
    market.say(
        EventKind.CONFIGURED,
        account=command.account,
        contract=command.contract,
        reason=command.kind,
        price_ticks=command.price_ticks,
        lots=command.lots,
        amount=command.amount,
        side=command.option,
    )


def refuse_phase(market: Market, command: Command) -> Reject:
    if not 0 <= command.contract < len(market.contracts):
        return Reject.UNKNOWN_CONTRACT
    if command.expiry_ns and (command.option not in COLLECTING_PHASES or command.expiry_ns <= market.time_ns):
        return Reject.BAD_EXPIRY
    if command.option in _FOLLOWS:
        follows = market.contracts[command.contract].phase == _FOLLOWS[Phase(command.option)]
        return Reject.NONE if follows else Reject.STAGE_ORDER
    if command.option not in _PHASES:
        return Reject.BAD_OPTION
    never_again = Reject.STAGE_ORDER if command.option == Phase.LISTED else Reject.NONE
    return _refuse_closed(market, command) or never_again


def set_phase(market: Market, command: Command) -> None:
    if command.option == Phase.SETTLED:
        market.contracts[command.contract].scenarios = []
    change_phase(market, command.contract, command.option, command.expiry_ns)


def _refuse_closed(market: Market, command: Command) -> Reject:
    closed = market.contracts[command.contract].closed(market.time_ns)
    return Reject.CONTRACT_CLOSED if closed else Reject.NONE


def refuse_mark(market: Market, command: Command) -> Reject:
    if not 0 <= command.contract < len(market.contracts):
        return Reject.UNKNOWN_CONTRACT
    if not 1 <= command.price_ticks <= PRICE_TICKS_MAX:
        return Reject.BAD_PRICE
    return _refuse_closed(market, command)


def set_mark(market: Market, command: Command) -> None:
    market.contracts[command.contract].mark_ticks = command.price_ticks
    market.touch(command.contract)
    _configured(market, command)


def refuse_bands(market: Market, command: Command) -> Reject:
    if not 0 <= command.contract < len(market.contracts):
        return Reject.UNKNOWN_CONTRACT
    if not 0 <= command.price_ticks <= PRICE_TICKS_MAX:
        return Reject.BAD_PRICE
    if not (1 <= command.amount <= DURATION_NS_MAX if command.taker_fee_bps else command.amount == 0):
        return Reject.BAD_AMOUNT
    if not (0 <= command.maker_fee_bps <= BPS and 0 <= command.taker_fee_bps <= BPS):
        return Reject.BAD_FEE
    return _refuse_closed(market, command)


def set_bands(market: Market, command: Command) -> None:
    contract = market.contracts[command.contract]
    contract.reference_ticks = command.price_ticks
    contract.band_bps = command.maker_fee_bps
    contract.auction_band_bps = command.taker_fee_bps
    contract.auction_ns = command.amount
    if any(market.contracts[strip].everybody() for strip in contract.strips):
        market.touched[command.contract] = None
    _configured(market, command)


def refuse_limits(market: Market, command: Command) -> Reject:
    if market.asker(command.account) is None:
        return Reject.UNKNOWN_ACCOUNT
    if command.price_ticks < 0 or command.display_lots < 0:
        return Reject.BAD_LOTS
    if not (1 <= command.minimum_lots <= RATE_BURST_MAX if command.expiry_ns > 0 else command.minimum_lots == 0):
        return Reject.BAD_MINIMUM
    if not 0 <= command.expiry_ns <= RATE_INTERVAL_NS_MAX:
        return Reject.BAD_EXPIRY
    if not 0 <= command.amount <= TOTAL_MAX:
        return Reject.BAD_AMOUNT
    if not 0 <= command.maker_fee_bps <= BPS:
        return Reject.BAD_FEE
    if command.option not in tuple(Scope) or command.sku < 0 or command.region < 0:
        return Reject.BAD_OPTION
    if command.option != Scope.POOL and (command.sku or command.region):
        return Reject.BAD_OPTION
    return Reject.NONE


def set_limits(market: Market, command: Command) -> None:
    account = market.accounts[command.account]
    account.caps[command.option, command.sku, command.region] = Cap(command.amount, command.price_ticks)
    if command.option == Scope.ACCOUNT:
        account.order_lots_max = command.display_lots
        account.price_bps_max = command.maker_fee_bps
        account.rate_interval_ns = command.expiry_ns
        account.rate_burst = command.minimum_lots
        account.rate_arrival_ns = 0
    _configured(market, command)


def refuse_group(market: Market, command: Command) -> Reject:
    if market.asker(command.account) is None:
        return Reject.UNKNOWN_ACCOUNT
    return Reject.NONE if 0 <= command.lots <= LOTS_MAX else Reject.BAD_LOTS


def set_group(market: Market, command: Command) -> None:
    market.accounts[command.account].group = command.lots
    _configured(market, command)


def refuse_protect(market: Market, command: Command) -> Reject:
    if market.asker(command.account) is None:
        return Reject.UNKNOWN_ACCOUNT
    if not 0 <= command.lots <= LOTS_MAX:
        return Reject.BAD_LOTS
    protects = command.lots or command.amount
    if not (1 <= command.expiry_ns <= DURATION_NS_MAX if protects else command.expiry_ns == 0):
        return Reject.BAD_EXPIRY
    return Reject.NONE if 0 <= command.amount <= TOTAL_MAX else Reject.BAD_AMOUNT


def protect(market: Market, command: Command) -> None:
    market.accounts[command.account].protection = Protection(command.lots, command.amount, command.expiry_ns)
    _configured(market, command)


def refuse_reset(market: Market, command: Command) -> Reject:
    return Reject.UNKNOWN_ACCOUNT if market.asker(command.account) is None else Reject.NONE


def reset(market: Market, command: Command) -> None:
    market.accounts[command.account].protection.reset()
    _configured(market, command)


def refuse_kill(market: Market, command: Command) -> Reject:
    if command.option == Kill.ACCOUNT and market.asker(command.account) is None:
        return Reject.UNKNOWN_ACCOUNT
    if command.lots not in (0, 1):
        return Reject.BAD_LOTS
    if command.option not in tuple(Kill):
        return Reject.BAD_OPTION
    return Reject.NONE


def kill(market: Market, command: Command) -> None:
    """Turn a switch; turned on, it also sweeps what it stops."""
    on = bool(command.lots)
    _configured(market, command)
    doomed = []
    if command.option == Kill.ENTRY:
        market.entry_closed = on
    elif command.option == Kill.ACCOUNT:
        account = market.accounts[command.account]
        account.disabled = on
        doomed = list(account.open.values())
    else:
        market.market_closed = on
        doomed = [order for number in range(len(market.contracts)) for order in market.everybody_in(number)]
    for order in doomed if on else []:
        if market.is_open(order):
            market.take_away(order, EventKind.CANCELLED, Reason.KILL)
