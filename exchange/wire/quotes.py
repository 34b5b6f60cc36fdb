"""Quotes and their protection as COMMAND tuples."""

from __future__ import annotations

from exchange.domain.enums import CommandKind
from exchange.domain.instruments import Contract
from exchange.domain.records import Command
from exchange.domain.units import QUOTE_SLOTS
from exchange.wire import commands
from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests.batches import Quoted, QuotedSide


def quote(account: int, number: int, contract: Contract, wish: Quoted) -> Command:
    """QUOTE, in place of what stood in its slot. Raises Refusal if a side cannot be said in the engine's units."""
    (bid_ticks, bid_lots), (ask_ticks, ask_lots) = _side(contract, wish.bid, "bid"), _side(contract, wish.ask, "ask")
    return Command(
        account=account,
        contract=number,
        price_ticks=bid_ticks,
        lots=bid_lots,
        kind=CommandKind.QUOTE,
        option=slot(wish.quote_set_id),
        trigger_ticks=ask_ticks,
        display_lots=ask_lots,
    )


def protect(account: int, lots: int, delta: int, window_ns: int) -> Command:
    """PROTECT; without bounds and window there is none. Raises Refusal if one is there without the other."""
    if bool(lots or delta) != bool(window_ns):
        advice = "interval goes with quantity_limit or delta_limit; give both, or 0 for all to end the protection"
        raise Refusal(Code.INVALID_ARGUMENTS, advice, param="interval")
    return Command(account=account, kind=CommandKind.PROTECT, lots=lots, amount=delta, expiry_ns=window_ns)


def reset(account: int) -> Command:
    return Command(account=account, kind=CommandKind.RESET)


def slot(quote_set_id: str) -> int:
    """One of those in which an account may quote a contract: the id is its number. Raises Refusal."""
    if len(quote_set_id) != 1 or not "0" <= quote_set_id <= chr(ord("0") + QUOTE_SLOTS - 1):
        advice = f"a quote_set_id is 0 to {QUOTE_SLOTS - 1}: so many quotes an account may have in one instrument"
        raise Refusal(Code.INVALID_PARAMS, advice, param="quote_set_id")
    return int(quote_set_id)


def _side(contract: Contract, side: QuotedSide | None, param: str) -> tuple[int, int]:
    """(price, lots), both 0 if there is none."""
    if side is None or side.amount == 0:
        return 0, 0
    if not (side.post_only and side.reject_post_only):
        advice = "quotes are post_only and never trade when they come in; leave it out"
        raise Refusal(Code.INVALID_ARGUMENTS, advice, param=param)
    return commands.price_ticks(contract, side.price), commands.lots(contract, side.amount)
