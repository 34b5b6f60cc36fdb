"""What is owed instead of an hour: cash for lots that nobody can deliver, or a lot of another hour."""

from __future__ import annotations

from exchange.domain.enums import CLOSED, EventKind, Phase, Reject, Side
from exchange.domain.records import Command
from exchange.domain.units import BPS, LOTS_MAX, PRICE_TICKS_MAX, TOTAL_MAX
from tests.reference.accounts import Account
from tests.reference.delivery import find_nomination, say_of
from tests.reference.market import Market
from tests.reference.nominations import Nomination
from tests.reference.orders import Order
from tests.reference.protection import count_hit
from tests.reference.trading import settle, show_next


def refuse_buy_in(market: Market, command: Command) -> Reject:
    seller, buyer = market.asker(command.account), market.asker(command.order_id)
    if seller is None or buyer is None:
        return Reject.UNKNOWN_ACCOUNT
    if not 0 <= command.contract < len(market.contracts):
        return Reject.UNKNOWN_CONTRACT
    if not 0 < command.price_ticks <= PRICE_TICKS_MAX:
        return Reject.BAD_PRICE
    if not 0 < command.lots <= LOTS_MAX:
        return Reject.BAD_LOTS
    contract = market.contracts[command.contract]
    if contract.phase not in CLOSED:
        return Reject.CONTRACT_OPEN
    if command.lots * command.price_ticks * contract.tick_value_micros > TOTAL_MAX:
        return Reject.NOTIONAL_TOO_LARGE
    others = [other for other in market.nominations if other.contract == command.contract]
    promised = sum(other.seller == command.account for other in others)
    if command.lots + promised > -seller.position(command.contract).lots:
        return Reject.NOT_SHORT
    awaited = sum(other.buyer == command.order_id for other in others)
    if command.lots + awaited > buyer.position(command.contract).lots:
        return Reject.INSUFFICIENT_POSITION
    return Reject.NONE


def buy_in(market: Market, command: Command) -> None:
    seller, buyer = market.accounts[command.account], market.accounts[command.order_id]
    due_micros = command.lots * command.price_ticks * market.contracts[command.contract].tick_value_micros
    paid_micros = min(due_micros, seller.free_micros + seller.bond_micros)
    of_bond_micros = max(0, paid_micros - seller.free_micros)
    seller.bond_micros -= of_bond_micros
    seller.reserved_micros -= of_bond_micros
    for account, sign in ((seller, 1), (buyer, -1)):
        _move(account, command.contract, sign * command.lots, sign * paid_micros)
    market.say(
        EventKind.BOUGHT_IN,
        account=command.account,
        maker_account=command.order_id,
        contract=command.contract,
        price_ticks=command.price_ticks,
        lots=command.lots,
        amount=paid_micros,
        fee=due_micros,
        maker_fee=of_bond_micros,
    )


def refuse_make_good(market: Market, command: Command) -> Reject:
    known = range(len(market.contracts))
    if command.contract not in known or command.order_id not in known:
        return Reject.UNKNOWN_CONTRACT
    nomination = find_nomination(market, command)
    if nomination is None or nomination.seller != command.account:
        return Reject.UNKNOWN_NODE
    if not 0 < command.price_ticks <= PRICE_TICKS_MAX:
        return Reject.BAD_PRICE
    if not nomination.missing:
        return Reject.NOTHING_MISSING
    failed, other = market.contracts[command.contract], market.contracts[command.order_id]
    same = all(
        getattr(failed, name) == getattr(other, name) for name in ("sku", "region", "weight", "tick_value_micros")
    )
    if failed is other or other.legs or not same:
        return Reject.NO_SUBSTITUTE
    ask = _best_ask(market, nomination, command)
    if ask is None:
        return Reject.NOT_OFFERED
    cost_micros = sum(_price_and_fee(market, nomination, ask))
    return Reject.INSUFFICIENT_FUNDS if cost_micros > market.accounts[nomination.seller].bond_micros else Reject.NONE


def make_good(market: Market, command: Command) -> None:
    nomination = find_nomination(market, command)
    assert nomination is not None
    ask = _best_ask(market, nomination, command)
    assert ask is not None
    notional_micros, fee_micros = _price_and_fee(market, nomination, ask)
    seller, buyer = market.accounts[nomination.seller], market.accounts[nomination.buyer]
    cost_micros = notional_micros + fee_micros
    seller.bond_micros -= cost_micros
    seller.reserved_micros -= cost_micros
    seller.cash_micros -= cost_micros
    buyer.cash_micros += cost_micros
    minutes = nomination.missing
    nomination.compensated += minutes
    price_ticks = ask.price_ticks
    say_of(
        market,
        EventKind.MADE_GOOD,
        nomination,
        lots=minutes,
        amount=cost_micros,
        fee=fee_micros,
        price_ticks=price_ticks,
    )
    maker = market.accounts[ask.account]
    maker_fee_micros = notional_micros * maker.maker_fee_bps // BPS
    settle(market, ask, 1, notional_micros, maker_fee_micros)
    _move(buyer, ask.contract, 1, notional_micros)
    buyer.cash_micros -= fee_micros
    market.accounts[0].cash_micros += fee_micros + maker_fee_micros
    market.count_trade(ask.contract, price_ticks, 1)
    market.say(
        EventKind.FILLED,
        maker_order_id=ask.order_id,
        amount=notional_micros,
        fee=fee_micros,
        maker_fee=maker_fee_micros,
        price_ticks=price_ticks,
        lots=1,
        contract=ask.contract,
        account=nomination.buyer,
        maker_account=ask.account,
        maker_open_lots=ask.open_lots,
        side=Side.BUY,
        shown_lots=ask.shown_lots,
    )
    show_next(market, ask, 1)
    count_hit(market, ask, 1)


def _best_ask(market: Market, nomination: Nomination, command: Command) -> Order | None:
    """Within the limit and the bounds of the contract, and of neither party nor its group."""
    contract = market.contracts[command.order_id]
    if contract.phase != Phase.CONTINUOUS:
        return None
    for ask in contract.book.orders(Side.SELL):
        if ask.price_ticks > command.price_ticks or not contract.tradable(ask.price_ticks):
            return None
        if not any(market.same_owner(ask.account, party) for party in (nomination.seller, nomination.buyer)):
            return ask
    return None


def _price_and_fee(market: Market, nomination: Nomination, ask: Order) -> tuple[int, int]:
    notional_micros = ask.price_ticks * market.contracts[ask.contract].tick_value_micros
    return notional_micros, notional_micros * market.accounts[nomination.buyer].taker_fee_bps // BPS


def _move(account: Account, contract: int, lots: int, paid_micros: int) -> None:
    """Lots and what is paid for them; both below zero for who gives them up."""
    position = account.position(contract)
    account.cash_micros -= paid_micros
    position.lots += lots
    position.cost_micros = max(-TOTAL_MAX, min(TOTAL_MAX, position.cost_micros + paid_micros))
