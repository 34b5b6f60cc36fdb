"""One trade: cash, fees and lots change hands, and an iceberg that showed its last shows its next."""

from __future__ import annotations

from exchange.domain.enums import EventKind, Reason, Side
from exchange.domain.units import BPS, TOTAL_MAX
from tests.reference.market import Market
from tests.reference.orders import Order
from tests.reference.sharing import share


def trade(market: Market, taker: Order, maker: Order, lots: int, price_ticks: int, *, auction: bool = False) -> None:
    """Both lose ``lots``, and who has none left is open no more. In an auction both pay what makers pay."""
    contract = market.contracts[taker.contract]
    taker_account = market.accounts[taker.account]
    notional_micros = lots * price_ticks * contract.tick_value_micros
    taker_fee_bps = taker_account.maker_fee_bps if auction else taker_account.taker_fee_bps
    taker_fee_micros = notional_micros * taker_fee_bps // BPS
    maker_fee_micros = notional_micros * market.accounts[maker.account].maker_fee_bps // BPS
    settle(market, taker, lots, notional_micros, taker_fee_micros)
    settle(market, maker, lots, notional_micros, maker_fee_micros)
    market.accounts[0].cash_micros += taker_fee_micros + maker_fee_micros
    market.count_trade(taker.contract, price_ticks, lots)
    market.say(
        EventKind.FILLED,
        reason=Reason.AUCTION if auction else 0,
        order_id=named(taker, auction=auction).order_id,
        maker_order_id=maker.order_id,
        amount=notional_micros,
        fee=taker_fee_micros,
        maker_fee=maker_fee_micros,
        price_ticks=price_ticks,
        lots=lots,
        open_lots=taker.open_lots,
        contract=taker.contract,
        account=taker.account,
        maker_account=maker.account,
        maker_open_lots=maker.open_lots,
        side=taker.side,
        shown_lots=maker.shown_lots,
    )
    for order in (taker, maker):
        show_next(market, order, lots)


def named(taker: Order, *, auction: bool) -> Order:
    """A wildcard trades in its own name before it stands anywhere."""
    return taker if taker.wildcard is None or auction else taker.wildcard.whole


def show_next(market: Market, order: Order, lots: int) -> None:
    """After a trade of ``lots``: who has none left goes, and of whom none show the next ones do."""
    if order.wildcard is not None:
        share(market, order, lots)
        return
    contract = market.contracts[order.contract]
    if not order.open_lots:
        market.forget(order)
    elif order.stands and not order.shown_lots:
        contract.book.remove(order)
        contract.book.add(order)
        market.tell(EventKind.REFRESHED, order)


def settle(market: Market, order: Order, lots: int, notional_micros: int, fee_micros: int) -> None:
    """Move cash and lots of one side of a trade, and give back what its order had set aside for it."""
    account = market.accounts[order.account]
    position = account.position(order.contract)
    market.release(order, lots)
    order.open_lots -= lots
    if order.stands:
        order.shown_lots -= lots
    sign = 1 if order.side == Side.BUY else -1
    account.cash_micros -= sign * notional_micros + fee_micros
    position.lots += sign * lots
    cost_micros = position.cost_micros + sign * notional_micros
    position.cost_micros = max(-TOTAL_MAX, min(TOTAL_MAX, cost_micros))
