"""What was before the mirror began and the engine does not know, taken over from the archive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from exchange.archive.holders import LastTold
from exchange.archive.markets import Minutes, PublicTrades
from exchange.archive.questions import Fixings, Question
from exchange.archive.reading import Span
from exchange.gateway.mirror.accounts import Account
from exchange.gateway.mirror.markets import Market
from exchange.gateway.mirror.state import NEWS_KEPT, State

# The last trades of each market that are taken over; who asks for those before asks the archive.
TRADES_TAKEN = 100
# Trades that candles are made of, of all markets together.
DRAWN_MAX = 500_000
# Events that are looked through for what was told last of open orders, of all accounts that have some.
EVENTS_MAX = 200_000

# The archive, which ends where the mirror stands.
Ask = Callable[[Question], Any]


def remember(state: State, ask: Ask) -> None:
    """Take over all of it, when ``state`` has just begun: candles, the day, last trades, fixings, and how to go on."""
    go_on(state, ask)
    live, left = _live(state), DRAWN_MAX
    for place, market in enumerate(live):
        left -= _take_over_trades(market, ask, left // (len(live) - place))
    # The engine knows what a contract was settled at, but not when that was said.
    state.fixings.clear()
    for fixing in reversed(ask(Fixings(NEWS_KEPT))):
        state.fixings.append(fixing)
        state.by_symbol[fixing.instrument_name].fixing = fixing


def go_on(state: State, ask: Ask) -> None:
    """Take over what is said of all that follows: labels and fills of open orders, and how prices moved last."""
    for market in _live(state):
        (last,) = ask(PublicTrades(market.symbol, Span(1))).trades
        market.tick_direction = last.tick_direction
    accounts = [account for account in state.accounts if account.orders]
    for account in accounts:
        _take_over_orders(account, ask, EVENTS_MAX // len(accounts))


def _live(state: State) -> list[Market]:
    """Those that have traded and are not over."""
    return [market for market in state.markets if market.trade_seq and not market.is_over]


def _take_over_trades(market: Market, ask: Ask, most: int) -> int:
    """Returns how many were looked at."""
    assert not market.trades, "nothing has traded yet"
    market.trades.extend(reversed(ask(PublicTrades(market.symbol, Span(TRADES_TAKEN))).trades))
    minutes, taken = ask(Minutes(market.symbol, market.contract.sku.tick_micros, most))
    market.history.remember(minutes, taken)
    return int(taken)


def _take_over_orders(account: Account, ask: Ask, look: int) -> None:
    told = ask(LastTold(account.number, frozenset(account.orders), look))
    for order_id, order in account.orders.items():
        if order_id in told:
            order.remember(told[order_id])
    for order in account.orders.values():
        if order.whole is not None and order.order_id not in told:
            order.label = order.whole.label  # nothing was said of it yet
