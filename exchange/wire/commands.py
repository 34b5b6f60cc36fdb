"""Requests of an account as COMMAND tuples, in the engine's units."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from msgspec import UNSET

from exchange.domain.enums import Cohesion, CommandKind, Flag, OrderType, SelfTrade, Side, TimeInForce
from exchange.domain.errors import BadUnits
from exchange.domain.instruments import Contract
from exchange.domain.records import Command
from exchange.domain.text import EMPTY, pack_text
from exchange.domain.units import LOTS_MAX, NS_PER_HOUR, PRICE_TICKS_MAX, exact_units
from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests.orders import Edit, Place, PlaceAny
from exchange.wire.requests.provision import Point

# Plain integers, here and below: members of an enum cost more to pack than the rest of a command.
_GTC, _GTD, _IOC, _NEW, _MARKET = (
    int(word) for word in (TimeInForce.GTC, TimeInForce.GTD, TimeInForce.IOC, CommandKind.NEW, OrderType.MARKET)
)
_TIMES_IN_FORCE = {
    "good_til_cancelled": _GTC,
    "good_til_day": _GTD,
    "good_til_date": _GTD,
    "fill_or_kill": int(TimeInForce.FOK),
    "immediate_or_cancel": _IOC,
    "good_til_gate": int(TimeInForce.DAY),
}
_RESTING = frozenset({"good_til_cancelled", "good_til_day", "good_til_date", "good_til_gate"})
_ORDER_TYPES = {
    "limit": int(OrderType.LIMIT),
    "market": _MARKET,
    "market_limit": int(OrderType.MARKET_TO_LIMIT),
    "stop_market": int(OrderType.STOP),
    "stop_limit": int(OrderType.STOP_LIMIT),
    "peg_best": int(OrderType.PEG_BEST),
    "peg_mid": int(OrderType.PEG_MID),
}
_SELF_TRADES = {choice.name.lower(): int(choice) for choice in SelfTrade}
_COHESIONS = {choice.name.lower(): int(choice) for choice in Cohesion}
# Joining flags of an enum costs more than reading a whole request.
_POST_ONLY, _SLIDE, _REDUCE_ONLY, _ON_MARK, _ALL_OR_NONE = (
    int(flag) for flag in (Flag.POST_ONLY, Flag.SLIDE, Flag.REDUCE_ONLY, Flag.ON_MARK, Flag.ALL_OR_NONE)
)
_PRICELESS = frozenset({"market", "market_limit", "stop_market"})
_NS_PER_MS = 10**6
_NS_PER_DAY = 24 * NS_PER_HOUR


def place(account: int, number: int, contract: Contract, side: Side, wish: Place, now_ns: int) -> Command:
    """NEW. ``number`` is the contract's. Raises Refusal if the wish cannot be said in the engine's units."""
    _refuse_misfits(wish)
    if wish.cohesion != "none" and not contract.is_strip:
        raise _misfit("cohesion", "cohesion goes with contracts of several hours; drop it")
    order_type = _ORDER_TYPES[wish.type]
    time_in_force = _TIMES_IN_FORCE[wish.time_in_force]
    if order_type == _MARKET and time_in_force == _GTC:
        # The dialect's default; what a market order cannot trade at once it never will.
        time_in_force = _IOC
    words = EMPTY if wish.client_order_id is UNSET else pack_text(wish.client_order_id)
    # By position: by name it would take three times as long, and this is done for every order.
    return Command(
        0,
        0,
        0,
        0 if time_in_force != _GTD else _expiry_ns(wish, now_ns),
        0,
        *words,
        account,
        number,
        0 if wish.price is None else price_ticks(contract, wish.price),
        lots(contract, wish.amount),
        0,
        0,
        _NEW,
        side,
        order_type,
        time_in_force,
        _SELF_TRADES[wish.self_trade],
        _flags(wish),
        _COHESIONS[wish.cohesion],
        0 if wish.trigger_price is None else trigger_ticks(contract, wish.trigger_price),
        0 if wish.display_amount is None else lots(contract, wish.display_amount, "display_amount"),
        0 if wish.minimum_amount is None else lots(contract, wish.minimum_amount, "minimum_amount"),
        0 if not wish.peg_offset else offset_ticks(contract, wish.peg_offset, "peg_offset"),
    )


def place_any(
    account: int, choices: Sequence[tuple[int, Contract, Decimal]], side: Side, wish: PlaceAny, now_ns: int
) -> list[Command]:
    """WILDCARD, and a MEMBER for each of ``choices``: number, contract and price adder. Raises Refusal."""
    number, home, _ = choices[0]
    same = Place(
        instrument_name=home.symbol,
        amount=wish.amount,
        price=wish.price,
        time_in_force=wish.time_in_force,
        expiration_timestamp=wish.expiration_timestamp,
        client_order_id=wish.client_order_id,
        self_trade=wish.self_trade,
    )
    whole = place(account, number, home, side, same, now_ns)
    member = Command(
        kind=CommandKind.MEMBER,
        account=account,
        text_0=whole.text_0,
        text_1=whole.text_1,
        text_2=whole.text_2,
        text_3=whole.text_3,
    )
    members = [
        member._replace(contract=number, offset_ticks=_adder_ticks(contract, adder))
        for number, contract, adder in choices
    ]
    return [whole._replace(kind=CommandKind.WILDCARD, option=len(members)), *members]


def _adder_ticks(contract: Contract, adder: Decimal) -> int:
    """Raises Refusal if it is out of bounds or off the tick."""
    return offset_ticks(contract, adder, "instruments")


def offset_ticks(contract: Contract, adder: Decimal, param: str) -> int:
    """A difference of prices. Raises Refusal if it is out of bounds or off the tick."""
    adder_max = PRICE_TICKS_MAX * contract.sku.tick_usd
    if not adder.is_finite() or abs(adder) > adder_max:
        raise Refusal(Code.INVALID_PRICE, f"give a difference from -{adder_max:f} to {adder_max:f}", param=param)
    try:
        return exact_units(adder, contract.sku.tick_usd, "a difference of prices")
    except BadUnits as error:
        advice = f"{_short(str(error))}; round to the tick_size of the instrument"
        raise Refusal(Code.PRICE_WRONG_TICK, advice, param=param) from None


def replace(account: int, number: int, contract: Contract, order_id: int, wish: Edit, now: tuple[int, int]) -> Command:
    """REPLACE; ``now`` is (price_ticks, lots) of the order, for what the wish leaves as it is."""
    if wish.mmp:
        raise _no_mmp()
    if wish.price is None and wish.amount is None and wish.trigger_price is None:
        raise Refusal(Code.INVALID_ARGUMENTS, "nothing to edit; give a new price or a new amount", param="price")
    return Command(
        order_id=order_id,
        account=account,
        contract=number,
        price_ticks=now[0] if wish.price is None else price_ticks(contract, wish.price),
        lots=now[1] if wish.amount is None else lots(contract, wish.amount),
        kind=CommandKind.REPLACE,
        trigger_ticks=0 if wish.trigger_price is None else trigger_ticks(contract, wish.trigger_price),
    )


def cancel(account: int, order_id: int) -> Command:
    return Command(order_id=order_id, account=account, kind=CommandKind.CANCEL)


def cancel_by_client_id(account: int, client_order_id: str) -> Command:
    words = pack_text(client_order_id)
    return Command(
        text_0=words[0], text_1=words[1], text_2=words[2], text_3=words[3], account=account, kind=CommandKind.CANCEL
    )


def cancel_all(account: int, number: int = -1, flags: int = 0, numbers: tuple[int, int] = (0, 0)) -> Command:
    """CANCEL_ALL of one contract, or of every one; ``numbers`` are those of SKU and region, 0 for any."""
    # Account 0 would mean everybody.
    assert account > 0
    sku, region = numbers
    return Command(account=account, contract=number, kind=CommandKind.CANCEL_ALL, flags=flags, sku=sku, region=region)


def capacity(account: int, number: int, contract: Contract, amount: Decimal) -> Command:
    """CAPACITY; an amount of 0 withdraws the declaration."""
    declared = 0 if amount == 0 else lots(contract, amount)
    return Command(account=account, contract=number, lots=declared, kind=CommandKind.CAPACITY)


def attest(provider: int, number: int, node: str, minutes: int) -> Command:
    """ATTEST of what a node of the provider delivered."""
    words = pack_text(node)
    return Command(
        text_0=words[0],
        text_1=words[1],
        text_2=words[2],
        text_3=words[3],
        account=provider,
        contract=number,
        lots=minutes,
        kind=CommandKind.ATTEST,
    )


def price_ticks(contract: Contract, price: Decimal) -> int:
    """Raises Refusal if the price is out of bounds or off the tick."""
    return _ticks(contract, price, "price", Code.INVALID_PRICE, Code.PRICE_WRONG_TICK)


def trigger_ticks(contract: Contract, price: Decimal) -> int:
    """Raises Refusal if the price is out of bounds or off the tick."""
    return _ticks(contract, price, "trigger_price", Code.INVALID_TRIGGER_PRICE, Code.TRIGGER_PRICE_WRONG_TICK)


def _ticks(contract: Contract, price: Decimal, param: str, out_of_bounds: Code, off_the_tick: Code) -> int:
    try:
        return contract.price_ticks(price)
    except BadUnits as error:
        price_max = contract.price(PRICE_TICKS_MAX)
        if not price.is_finite() or not 0 < price <= price_max:
            raise Refusal(out_of_bounds, f"give a price above 0 and at most {price_max:f}", param=param) from None
        advice = f"{_short(str(error))}; round to the tick_size of the instrument"
        raise Refusal(off_the_tick, advice, param=param) from None


def lots(contract: Contract, amount: Decimal, param: str = "amount") -> int:
    """Raises Refusal if the amount is out of bounds or not a multiple of the contract size."""
    try:
        return contract.lots(amount)
    except BadUnits as error:
        advice = f"{_short(str(error))}, the contract_size of the instrument"
        amount_max = LOTS_MAX * contract.gpu_hours_per_lot
        if not amount.is_finite() or not 0 < amount <= amount_max:
            advice = f"give GPU-hours above 0 and at most {amount_max}"
        raise Refusal(Code.INVALID_AMOUNT, advice, param=param) from None


def curve_point(contract: Contract, point: Point) -> tuple[float, float]:
    """(price, deviation) of a forward curve; a belief need not be on the tick. Raises Refusal."""
    price_max = PRICE_TICKS_MAX * contract.sku.tick_usd
    for value in (point.price, point.deviation):
        if not value.is_finite() or not 0 <= value <= price_max:
            advice = f"prices and deviations are from 0 to {price_max:f} dollars per GPU-hour"
            raise Refusal(Code.INVALID_PRICE, advice, param="points")
    return float(point.price), float(point.deviation)


def refuse_late(valid_until: int | None, now_ns: int) -> None:
    """Raises Refusal if the request arrived after the time its sender set for it."""
    if valid_until is not None and now_ns > valid_until * _NS_PER_MS:
        raise Refusal(Code.TIMED_OUT, "valid_until has passed; send the request again", param="valid_until")


def _refuse_misfits(wish: Place) -> None:
    """Raises Refusal if parts of the wish do not go together; the engine would say so in fewer words."""
    if wish.mmp:
        raise _no_mmp()
    if wish.price is None and wish.type not in _PRICELESS:
        raise Refusal(Code.INVALID_PRICE, "a limit order needs a price; add one or send a market order", param="price")
    if wish.type == "market" and wish.time_in_force in ("good_til_day", "good_til_date", "good_til_gate"):
        raise _misfit("time_in_force", "a market order is immediate_or_cancel or fill_or_kill")
    if wish.type not in ("limit", "market") and wish.time_in_force not in _RESTING:
        advice = f"a {wish.type} order is good_til_cancelled, good_til_day or good_til_date"
        raise _misfit("time_in_force", advice)
    if (wish.expiration_timestamp is not None) != (wish.time_in_force == "good_til_date"):
        advice = "expiration_timestamp and time_in_force good_til_date go together"
        raise _misfit("expiration_timestamp", advice)
    _refuse_misplaced(wish)


def _refuse_misplaced(wish: Place) -> None:
    """Raises Refusal if the wish has an option that other kinds of orders have."""
    is_stop = wish.type in ("stop_market", "stop_limit")
    is_resting_limit = wish.type == "limit" and wish.time_in_force in _RESTING
    if wish.post_only and not is_resting_limit:
        advice = "post_only goes with limit orders that may rest; drop it or change type and time_in_force"
        raise _misfit("post_only", advice)
    if (wish.trigger_price is not None) != is_stop:
        advice = "stop_market and stop_limit orders need a trigger_price, and no others have one"
        raise _misfit("trigger_price", advice)
    if wish.trigger is not None and not is_stop:
        raise _misfit("trigger", "trigger goes with stop_market and stop_limit orders; drop it or change the type")
    if wish.peg_offset is not None and wish.type not in ("peg_best", "peg_mid"):
        raise _misfit("peg_offset", "peg_offset goes with peg_best and peg_mid orders; drop it or change the type")
    if wish.all_or_none and not is_resting_limit:
        advice = "all_or_none goes with limit orders that may rest; use fill_or_kill for one that may not"
        raise _misfit("all_or_none", advice)
    if wish.reduce_only and wish.type not in ("limit", "market", "stop_market"):
        advice = "reduce_only goes with limit, market and stop_market orders; drop it or change the type"
        raise _misfit("reduce_only", advice)
    if wish.display_amount is not None and (not is_resting_limit or wish.reduce_only):
        advice = "display_amount goes with limit orders that may rest and are not reduce_only; drop it"
        raise _misfit("display_amount", advice)


def _misfit(param: str, advice: str) -> Refusal:
    return Refusal(Code.INVALID_ARGUMENTS, advice, param=param)


def _no_mmp() -> Refusal:
    return Refusal(Code.NOT_IMPLEMENTED, "this venue has no mmp orders; leave it out", param="mmp")


def _flags(wish: Place) -> int:
    flags = 0
    if wish.post_only:
        flags |= _POST_ONLY if wish.reject_post_only else _SLIDE
    if wish.reduce_only:
        flags |= _REDUCE_ONLY
    if wish.trigger == "mark_price":
        flags |= _ON_MARK
    if wish.all_or_none:
        flags |= _ALL_OR_NONE
    return flags


def _expiry_ns(wish: Place, now_ns: int) -> int:
    if wish.expiration_timestamp is None:
        return (now_ns // _NS_PER_DAY + 1) * _NS_PER_DAY
    expiry_ns = wish.expiration_timestamp * _NS_PER_MS
    if expiry_ns <= now_ns:
        raise Refusal(Code.INVALID_ARGUMENTS, "expiration_timestamp has passed", param="expiration_timestamp")
    return min(expiry_ns, 2**62)


def _short(text: str) -> str:
    return text if len(text) <= 160 else f"{text[:160]}..."
