"""Actions as the commands that the node would send for them."""

from __future__ import annotations

from exchange.domain.enums import CommandKind, OrderType, TimeInForce, TransferFlag
from exchange.domain.records import Command
from exchange.domain.scenarios import margin_command
from exchange.domain.units import NEVER_NS, micros
from exchange.scenario.actions import (
    ANONYMOUS,
    EVERYBODY,
    Attest,
    Bands,
    Bond,
    BuyIn,
    Cancel,
    CancelAll,
    Capacity,
    Cash,
    Compensate,
    Correct,
    Delivery,
    Fees,
    FixingLots,
    Group,
    Limits,
    List,
    MakeGood,
    Margin,
    Mark,
    Member,
    New,
    Nominate,
    Open,
    Protect,
    Quote,
    Replace,
    Reset,
    SetPhase,
    Setting,
    Switch,
    Terms,
    Transfer,
    Wildcard,
)
from exchange.scenario.venue import START_NS, Venue, text_columns
from exchange.scenario.words import Misread


def opening(action: Open) -> Command:
    return Command(
        kind=CommandKind.OPEN_ACCOUNT,
        maker_fee_bps=action.maker_fee_bps,
        taker_fee_bps=action.taker_fee_bps,
        **text_columns(action.account),
    )


def listing(action: List) -> Command:
    return Command(
        kind=CommandKind.LIST,
        amount=micros(action.tick) * action.gpu_hours_per_lot,
        expiry_ns=NEVER_NS if action.gate_ns is None else START_NS + action.gate_ns,
        lots=action.gpu_hours_per_lot,
        option=action.phase or 0,
        sku=action.sku,
        region=action.region,
        **text_columns(action.contract),
    )


def leg(venue: Venue, strip: str, hour: str) -> Command:
    return Command(kind=CommandKind.LEG, contract=venue.contract(strip), order_id=venue.contract(hour))


def new(venue: Venue, action: New) -> Command:
    contract = venue.contract(action.contract)
    default = TimeInForce.IOC if action.kind == OrderType.MARKET else TimeInForce.GTC
    return Command(
        kind=CommandKind.NEW,
        account=venue.account(action.account),
        contract=contract,
        side=action.side,
        order_type=action.kind,
        time_in_force=default if action.time_in_force is None else action.time_in_force,
        self_trade=action.self_trade,
        flags=action.flags,
        price_ticks=venue.price_ticks(contract, action.price or 0),
        lots=action.lots,
        expiry_ns=_moment(action.until_ns),
        trigger_ticks=venue.price_ticks(contract, action.trigger or 0),
        display_lots=action.display_lots,
        minimum_lots=action.minimum_lots,
        offset_ticks=venue.price_ticks(contract, action.offset),
        option=action.cohesion,
        **text_columns("" if action.order == ANONYMOUS else action.order),
    )


def wildcard(venue: Venue, action: Wildcard) -> Command:
    contract = venue.contract(action.contract or (action.members[0].contract if action.members else ""))
    return Command(
        kind=CommandKind.WILDCARD,
        account=venue.account(action.account),
        contract=contract,
        side=action.side,
        order_type=OrderType.LIMIT,
        time_in_force=action.time_in_force,
        self_trade=action.self_trade,
        price_ticks=venue.price_ticks(contract, action.price),
        lots=action.lots,
        expiry_ns=_moment(action.until_ns),
        option=len(action.members) + action.missing,
        **text_columns(action.order),
    )


def member(venue: Venue, action: Member) -> Command:
    contract = venue.contract(action.contract)
    return Command(
        kind=CommandKind.MEMBER,
        account=venue.account(action.account),
        contract=contract,
        offset_ticks=venue.price_ticks(contract, action.offset),
        **text_columns(action.order),
    )


def change(venue: Venue, action: Cancel | Replace) -> Command:
    """By the client's own id; by the engine's number if the name says whose order it is."""
    by_number = ":" in action.order
    command = Command(
        kind=CommandKind.CANCEL,
        account=venue.account(action.account),
        order_id=venue.order_id(action.order) if by_number else 0,
        **text_columns("" if by_number else action.order),
    )
    if isinstance(action, Cancel):
        return command
    contract = _contract_of(venue, action.order)
    return command._replace(
        kind=CommandKind.REPLACE,
        price_ticks=venue.price_ticks(contract, action.price),
        lots=action.lots,
        flags=action.flags,
        trigger_ticks=venue.price_ticks(contract, action.trigger),
    )


def _contract_of(venue: Venue, name: str) -> int:
    """Where the order stands, for the size of a tick. A closed order has none, and then any will do."""
    try:
        order = venue.engine.order(venue.find_order(name))
    except Misread:
        order = None
    return order.contract if order else venue.contract("")


def cancel_all(venue: Venue, action: CancelAll) -> Command:
    return Command(
        kind=CommandKind.CANCEL_ALL,
        account=0 if action.account == EVERYBODY else venue.account(action.account),
        contract=-1 if action.contract is None else venue.contract(action.contract),
        flags=action.flags,
        sku=action.sku,
        region=action.region,
    )


def quote(venue: Venue, action: Quote) -> Command:
    contract = venue.contract(action.contract)
    (bid_lots, bid), (ask_lots, ask) = action.bid, action.ask
    return Command(
        kind=CommandKind.QUOTE,
        account=venue.account(action.account),
        contract=contract,
        option=action.slot,
        flags=action.flags,
        price_ticks=venue.price_ticks(contract, bid),
        lots=bid_lots,
        trigger_ticks=venue.price_ticks(contract, ask),
        display_lots=ask_lots,
    )


def setting(venue: Venue, action: Setting) -> Command:
    """What the venue's desk sets."""
    match action:
        case Cash():
            return Command(
                kind=CommandKind.CASH,
                account=venue.account(action.account),
                amount=micros(action.amount),
                **text_columns(action.reference),
            )
        case Nominate() | Attest() | Compensate() | BuyIn() | MakeGood():
            return _of_delivery(venue, action)
        case Transfer() | Bond() | Fees():
            return _of_money(venue, action)
        case Capacity():
            return Command(
                kind=CommandKind.CAPACITY,
                account=venue.account(action.account),
                contract=venue.contract(action.contract),
                lots=action.lots,
            )
        case SetPhase() | Mark() | Margin() | Bands() | Correct():
            return _of_contract(venue, action)
        case Terms():
            return Command(
                kind=CommandKind.MARGIN_TERMS,
                account=venue.account(action.account),
                maker_fee_bps=action.credit_bps or 0,
                option=int(action.credit_bps is not None),
            )
        case FixingLots():
            return Command(kind=CommandKind.FIXING_LOTS, lots=action.lots)
        case Limits():
            return _limits(venue, action)
        case Protect():
            return Command(
                kind=CommandKind.PROTECT,
                account=venue.account(action.account),
                lots=action.lots,
                amount=action.delta,
                expiry_ns=action.window_ns,
            )
        case Reset():
            return Command(kind=CommandKind.RESET, account=venue.account(action.account))
        case Group():
            return Command(kind=CommandKind.GROUP, account=venue.account(action.account), lots=action.group)
        case Switch():
            account = 0 if action.account is None else venue.account(action.account)
            return Command(kind=CommandKind.KILL, account=account, option=action.kill, lots=int(action.is_on))


def _of_delivery(venue: Venue, action: Delivery) -> Command:
    contract = venue.contract(action.contract)
    if isinstance(action, BuyIn):
        return Command(
            kind=CommandKind.BUY_IN,
            account=venue.account(action.seller),
            order_id=venue.account(action.buyer),
            contract=contract,
            lots=action.lots,
            price_ticks=venue.price_ticks(contract, action.price),
        )
    about = Command(contract=contract, **text_columns(action.node))
    match action:
        case Nominate():
            seller, buyer = venue.account(action.seller), venue.account(action.buyer)
            return about._replace(kind=CommandKind.NOMINATE, account=seller, order_id=buyer)
        case Attest():
            return about._replace(kind=CommandKind.ATTEST, lots=action.minutes)
        case Compensate():
            price_ticks = venue.price_ticks(contract, action.price)
            return about._replace(kind=CommandKind.COMPENSATE, lots=action.minutes, price_ticks=price_ticks)
        case MakeGood():
            seller, substitute = venue.account(action.seller), venue.contract(action.substitute)
            price_ticks = venue.price_ticks(substitute, action.price)
            return about._replace(
                kind=CommandKind.MAKE_GOOD, account=seller, order_id=substitute, price_ticks=price_ticks
            )


def _of_money(venue: Venue, action: Transfer | Bond | Fees) -> Command:
    match action:
        case Transfer():
            return Command(
                kind=CommandKind.TRANSFER,
                account=venue.account(action.payer),
                order_id=venue.account(action.payee),
                amount=micros(action.amount),
                flags=TransferFlag.FROM_BOND if action.from_bond else 0,
                **text_columns(action.reference),
            )
        case Bond():
            return Command(
                kind=CommandKind.BOND,
                account=venue.account(action.account),
                amount=micros(action.amount),
                **text_columns(action.reference),
            )
        case Fees():
            return Command(
                kind=CommandKind.FEES,
                account=venue.account(action.account),
                maker_fee_bps=action.maker_fee_bps,
                taker_fee_bps=action.taker_fee_bps,
            )


def _of_contract(venue: Venue, action: SetPhase | Mark | Margin | Bands | Correct) -> Command:
    contract = venue.contract(action.contract)
    match action:
        case SetPhase():
            ends_ns = _moment(action.until_ns)
            return Command(kind=CommandKind.PHASE, contract=contract, option=action.phase, expiry_ns=ends_ns)
        case Mark():
            price_ticks = venue.price_ticks(contract, action.price)
            return Command(kind=CommandKind.MARK, contract=contract, price_ticks=price_ticks)
        case Margin():
            return margin_command(contract, [venue.price_ticks(contract, price) for price in action.prices])
        case Correct():
            price_ticks = venue.price_ticks(contract, action.price)
            return Command(kind=CommandKind.CORRECTION, contract=contract, price_ticks=price_ticks)
        case Bands():
            return Command(
                kind=CommandKind.BANDS,
                contract=contract,
                price_ticks=venue.price_ticks(contract, action.reference),
                maker_fee_bps=action.band_bps,
                taker_fee_bps=action.auction_bps,
                amount=action.auction_ns,
            )


def _limits(venue: Venue, action: Limits) -> Command:
    return Command(
        kind=CommandKind.LIMITS,
        account=venue.account(action.account),
        option=action.scope,
        sku=action.sku,
        region=action.region,
        amount=action.position,
        price_ticks=action.orders,
        display_lots=action.order_lots,
        maker_fee_bps=action.price_bps,
        expiry_ns=action.interval_ns,
        minimum_lots=action.burst,
    )


def _moment(since_start_ns: int | None) -> int:
    return 0 if since_start_ns is None else START_NS + since_start_ns
