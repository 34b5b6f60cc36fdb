"""Call auctions: one price for all that was collected, the one at which most lots trade."""

from __future__ import annotations

from collections import Counter
from itertools import accumulate
from typing import NamedTuple

from exchange.domain.enums import EventKind, Side
from tests.reference.contracts import Contract
from tests.reference.market import Market
from tests.reference.trading import trade

_INT32_MAX = 2**31 - 1


class Auction(NamedTuple):
    """What an auction would give now: all zero if nothing would trade."""

    price_ticks: int = 0
    volume_lots: int = 0
    surplus_lots: int = 0  # bids at the price less asks


def find_auction(contract: Contract) -> Auction:
    """Most volume, then least surplus, then where the surplus pushes, then nearest to the reference."""
    book = contract.book
    best_bid_ticks, best_ask_ticks = book.best_ticks(Side.BUY), book.best_ticks(Side.SELL)
    if not best_ask_ticks or best_bid_ticks < best_ask_ticks:
        return Auction()
    candidates = _candidates(contract)
    most = max(candidate.volume_lots for candidate in candidates)
    candidates = [candidate for candidate in candidates if candidate.volume_lots == most]
    least = min(abs(candidate.surplus_lots) for candidate in candidates)
    candidates = [candidate for candidate in candidates if abs(candidate.surplus_lots) == least]
    if all(candidate.surplus_lots > 0 for candidate in candidates):
        return max(candidates)
    if all(candidate.surplus_lots < 0 for candidate in candidates):
        return min(candidates)
    return min(candidates, key=lambda at: (abs(at.price_ticks - contract.reference_ticks), -at.price_ticks))


def _candidates(contract: Contract) -> list[Auction]:
    """What would trade at every visible price and at the reference, the lowest first; hidden lots count."""
    bids, asks = (_lots_by_price(contract, side) for side in Side)
    prices = sorted({*bids, *asks, *([contract.reference_ticks] if contract.reference_ticks else [])})
    supplies = accumulate(asks[price] for price in prices)
    demands = [*accumulate(bids[price] for price in reversed(prices))][::-1]
    return [
        Auction(price, min(demand, supply), demand - supply)
        for price, demand, supply in zip(prices, demands, supplies, strict=True)
    ]


def _lots_by_price(contract: Contract, side: Side) -> Counter[int]:
    lots: Counter[int] = Counter()
    for order in contract.book.orders(side):
        lots[order.price_ticks] += order.open_lots
    return lots


def uncross(market: Market, number: int) -> None:
    """Trade what the auction gives, oldest bid against oldest ask, all at its one price."""
    contract = market.contracts[number]
    price_ticks = find_auction(contract).price_ticks
    if not price_ticks:
        return
    book = contract.book
    while book.best_ticks(Side.BUY) >= price_ticks >= book.best_ticks(Side.SELL) > 0:
        bid, ask = book.oldest(Side.BUY), book.oldest(Side.SELL)
        assert bid is not None
        assert ask is not None
        trade(market, bid, ask, min(bid.shown_lots, ask.shown_lots), price_ticks, auction=True)
    contract.reference_ticks = price_ticks


def indicate(market: Market) -> None:
    """Say of every contract that collects what its auction would give, if anything happened since it was said."""
    for number, contract in enumerate(market.contracts):
        if not contract.collecting or contract.indicated:
            continue
        contract.indicated = True
        found = find_auction(contract)
        market.say(
            EventKind.INDICATIVE,
            contract=number,
            price_ticks=found.price_ticks,
            lots=min(found.volume_lots, _INT32_MAX),
            amount=found.surplus_lots,
            reason=contract.phase,
        )
