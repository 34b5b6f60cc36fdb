"""What the venue does with an account under a margin call: commands, from what it looks like now.

1. At once: open orders that do not reduce are cancelled.
2. After a grace in which the account may help itself: slices of what it is short are bought at once, no
   dearer than a little above the best offer; if cash lacks, slices of what it holds are sold.
3. Where nobody offers that: the rest is asked for at the worst allowed price, and a call auction is held,
   so that everybody hears of it before it trades. If the contract collects orders anyway, as in its
   closing call, that auction is the one. What does not trade there stands until the call is taken back.

This goes on until the call is taken back, one step of it at a time. Nothing is remembered but when the call
began. The worst allowed price is that of the dearest scenario: for more than that, what is bought would cost more
than the margin that it frees, and the engine refuses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from exchange.domain.enums import COLLECTING, CommandKind, Flag, OrderType, Phase, Side, Sweep, TimeInForce
from exchange.domain.records import Command
from exchange.domain.units import BPS, NS_PER_MINUTE


class Rules(NamedTuple):
    """How orderly it goes."""

    grace_ns: int = 5 * NS_PER_MINUTE
    slice_lots: int = 10
    protection_bps: int = 200  # above the best offer, or below the best bid
    auction_ns: int = 5 * NS_PER_MINUTE


class Held(NamedTuple):
    """A position of the account, and the market in it."""

    contract: int
    phase: Phase
    lots: int
    short_lots: int  # beyond capacity
    open_buy_lots: int
    open_sell_lots: int
    highest_ticks: int  # of its scenarios, 0 without
    credit_ticks: int  # what a lot held counts at the most, rounded up
    best_bid_ticks: int
    best_ask_ticks: int
    lot_micros: int  # what a lot costs at the dearest scenario, with its fee


class Called(NamedTuple):
    """An account under a call."""

    account: int
    since_ns: int
    free_micros: int  # cash that no order and no bond holds
    positions: tuple[Held, ...]


_OPEN = {Phase.CONTINUOUS, *COLLECTING}


def steps(called: Called, now_ns: int, rules: Rules) -> list[Command]:
    """What is to be asked now on its behalf; nothing while it waits for somebody else."""
    commands = list(_cancels(called))
    if commands or now_ns < called.since_ns + rules.grace_ns:
        return commands
    shorts = sorted(
        (held for held in called.positions if held.short_lots and held.highest_ticks and held.phase in _OPEN),
        key=lambda held: (-held.short_lots * held.lot_micros, held.contract),
    )
    free_micros = called.free_micros
    for held in shorts:
        lots = min(held.short_lots - held.open_buy_lots, free_micros // held.lot_micros)
        if lots > 0:
            covering = list(_cover(called.account, held, lots, now_ns, rules))
            commands += covering
            free_micros -= sum(command.lots for command in covering) * held.lot_micros
    lacks_cash = any(held.short_lots > held.open_buy_lots for held in shorts)
    return commands if commands or not lacks_cash else list(_sales(called, rules))


def _cancels(called: Called) -> Iterator[Command]:
    """Bids where nothing is short beyond capacity, or more than that; offers where nothing is held, or more."""
    for held in called.positions:
        if held.phase == Phase.HALTED:
            continue  # where nothing can be cancelled
        flags = []
        if held.open_buy_lots > held.short_lots:
            flags.append(Sweep.ONLY_BUYS)
        if held.open_sell_lots > max(0, held.lots):
            flags.append(Sweep.ONLY_SELLS)
        for flag in flags:
            yield Command(kind=CommandKind.CANCEL_ALL, account=called.account, contract=held.contract, flags=flag)


def _cover(account: int, held: Held, lots: int, now_ns: int, rules: Rules) -> Iterator[Command]:
    """Buy back: a slice at once if somebody offers it, else the rest in an auction."""
    ask_ticks = held.best_ask_ticks
    if held.phase == Phase.CONTINUOUS and 0 < ask_ticks <= held.highest_ticks:
        price_ticks = min(held.highest_ticks, ask_ticks + ask_ticks * rules.protection_bps // BPS)
        yield _at_once(account, held, Side.BUY, price_ticks, min(lots, rules.slice_lots))
        return
    if held.phase == Phase.CONTINUOUS:
        end_ns = now_ns + rules.auction_ns
        yield Command(kind=CommandKind.PHASE, contract=held.contract, option=Phase.PREOPEN, expiry_ns=end_ns)
    # A reduce-only order would not be in the auction; under a call the engine takes no other that does more.
    bid = _at_once(account, held, Side.BUY, held.highest_ticks, lots)
    yield bid._replace(time_in_force=TimeInForce.GTC, flags=0)


def _sales(called: Called, rules: Rules) -> Iterator[Command]:
    """A slice of everything held that somebody takes for no less than it counts."""
    for held in called.positions:
        lots = min(held.lots - held.open_sell_lots, rules.slice_lots)
        bid_ticks = held.best_bid_ticks
        if held.phase == Phase.CONTINUOUS and lots > 0 and bid_ticks >= max(1, held.credit_ticks):
            price_ticks = max(1, held.credit_ticks, bid_ticks - bid_ticks * rules.protection_bps // BPS)
            yield _at_once(called.account, held, Side.SELL, price_ticks, lots)


def _at_once(account: int, held: Held, side: Side, price_ticks: int, lots: int) -> Command:
    return Command(
        kind=CommandKind.NEW,
        account=account,
        contract=held.contract,
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.IOC,
        flags=Flag.REDUCE_ONLY,
        price_ticks=price_ticks,
        lots=lots,
    )
