"""Short beyond capacity: what must be kept for it, which orders that allows, and when there is too little."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from exchange.domain.enums import CommandKind, EventKind, Phase, Reject, Side
from exchange.domain.records import Command
from exchange.domain.units import BPS, PRICE_TICKS_MAX, TOTAL_MAX
from tests.reference.accounts import Account, Position
from tests.reference.contracts import Contract
from tests.reference.market import Market
from tests.reference.orders import Order

_WORDS = ("text_0", "text_1", "text_2", "text_3", "order_id", "expiry_ns", "amount")
_NOTHING: Mapping[int, int] = {}


class Asked(NamedTuple):
    """One side of what an account asks for."""

    side: int
    price_ticks: int
    lots: int


def scenarios_of(command: Command) -> list[int]:
    """The sixteen values of a MARGIN command."""
    halves = [half for word in _WORDS for half in _halves(getattr(command, word))]
    return [command.price_ticks, *halves, command.lots]


def _halves(word: int) -> tuple[int, int]:
    upper, lower = divmod(word, 2**32)
    return lower, upper


def refuse_margin(market: Market, command: Command) -> Reject:
    if not 0 <= command.contract < len(market.contracts):
        return Reject.UNKNOWN_CONTRACT
    contract = market.contracts[command.contract]
    scenarios = scenarios_of(command)
    if not all(1 <= ticks <= PRICE_TICKS_MAX for ticks in scenarios):
        return Reject.BAD_PRICE
    if contract.legs:
        return Reject.NOT_FOR_STRIPS
    if contract.phase == Phase.SETTLED:
        return Reject.CONTRACT_CLOSED
    value_micros = max(scenarios) * contract.tick_value_micros
    if value_micros > TOTAL_MAX:
        return Reject.MARGIN_TOO_LARGE
    for account in market.accounts:
        if account.credit_bps is not None and command.contract in account.positions:
            lots = gross_lots(account.positions[command.contract])
            if gross(market, account) + lots * (value_micros - highest_micros(contract)) > TOTAL_MAX:
                return Reject.MARGIN_TOO_LARGE
    return Reject.NONE


def set_margin(market: Market, command: Command) -> None:
    scenarios = scenarios_of(command)
    market.contracts[command.contract].scenarios = scenarios
    market.say(
        EventKind.CONFIGURED,
        contract=command.contract,
        price_ticks=scenarios[0],
        lots=max(scenarios),
        reason=CommandKind.MARGIN,
    )


def refuse_terms(market: Market, command: Command) -> Reject:
    account = market.asker(command.account)
    if account is None:
        return Reject.UNKNOWN_ACCOUNT
    if not 0 <= command.maker_fee_bps <= (BPS if command.option == 1 else 0):
        return Reject.BAD_FEE
    if command.option not in (0, 1):
        return Reject.BAD_OPTION
    if command.option == 0 and account.credit_bps is not None:
        for number, position in _hours(market, account).items():
            if market.contracts[number].scenarios and (short_lots(position) or excess_lots(position)):
                return Reject.MARGIN_IN_USE
    if command.option == 1 and gross(market, account) > TOTAL_MAX:
        return Reject.MARGIN_TOO_LARGE
    return Reject.NONE


def set_terms(market: Market, command: Command) -> None:
    market.accounts[command.account].credit_bps = command.maker_fee_bps if command.option else None
    market.say(
        EventKind.CONFIGURED,
        account=command.account,
        lots=command.maker_fee_bps,
        side=command.option,
        reason=CommandKind.MARGIN_TERMS,
    )


def _hours(market: Market, account: Account) -> dict[int, Position]:
    """Its positions, without strips, of which nothing is held."""
    return {number: held for number, held in account.positions.items() if not market.contracts[number].legs}


def short_lots(position: Position, capacity_lots: int | None = None) -> int:
    """Owed beyond capacity."""
    capacity_lots = position.capacity_lots if capacity_lots is None else capacity_lots
    return max(0, -(position.lots + capacity_lots))


def excess_lots(position: Position, capacity_lots: int | None = None, more_sells: int = 0) -> int:
    """For sale, but neither held nor within capacity."""
    capacity_lots = position.capacity_lots if capacity_lots is None else capacity_lots
    return max(0, position.open_sell_lots + more_sells - max(0, position.lots + capacity_lots))


def gross_lots(position: Position) -> int:
    return abs(position.lots) + position.open_buy_lots + position.open_sell_lots


def highest_micros(contract: Contract) -> int:
    return max(contract.scenarios) * contract.tick_value_micros if contract.scenarios else 0


def floor_micros(contract: Contract) -> int:
    """What a lot that opens a short must bring."""
    if not contract.scenarios:
        return 0
    mark, highest = contract.scenarios[0], max(contract.scenarios)
    return max(0, mark - (highest - mark)) * contract.tick_value_micros


def gross(market: Market, account: Account) -> int:
    """The dearest that all it holds, owes and asks for could be."""
    positions = _hours(market, account).items()
    return sum(highest_micros(market.contracts[number]) * gross_lots(position) for number, position in positions)


def requirement(
    market: Market,
    account: Account,
    *,
    orders: bool = True,
    more_sells: Mapping[int, int] = _NOTHING,
    capacity: Mapping[int, int] = _NOTHING,
) -> int:
    """In the worst scenario; as it is, or with other lots for sale or another capacity in some contracts."""
    if account.credit_bps is None:
        return 0
    sums = [0] * 16
    known = {number: account.position(number) for number in (*more_sells, *capacity)}
    for number, position in (_hours(market, account) | known).items():
        contract = market.contracts[number]
        more = more_sells.get(number, 0)
        if not contract.scenarios or not (position.lots or position.open_sell_lots or more):
            continue
        owed = short_lots(position, capacity.get(number))
        credited = max(0, position.lots)
        held = 0
        if orders:
            credited = max(0, credited - (position.open_sell_lots + more))
            excess = excess_lots(position, capacity.get(number), more)
            held = excess * (highest_micros(contract) - floor_micros(contract))
        for scenario, ticks in enumerate(contract.scenarios):
            value = ticks * contract.tick_value_micros
            sums[scenario] += owed * value - credited * credit_micros(value, account.credit_bps) + held
    return max(0, *sums)


def credit_micros(value: int, credit_bps: int) -> int:
    return value * credit_bps // BPS


def refuse_asked(
    market: Market, account: Account, number: int, asked: Iterable[Asked], gone: Iterable[Order], held_micros: int = 0
) -> Reject:
    """Whether an account on margin may ask for this, with the orders that are ``gone`` and what was held given back."""
    contract = market.contracts[number]
    sides = [side for side in asked if side.lots]
    more = {side: -sum(order.open_lots for order in gone if order.side == side) for side in Side}
    for side in sides:
        more[Side(side.side)] += side.lots
    reducing = {side.side for side in sides if _reduces(market, account, number, side, more[Side(side.side)])}
    if account.is_called and len(reducing) < len(sides):
        return Reject.UNDER_CALL
    hours = contract.legs or [number]
    if (
        gross(market, account) + sum(highest_micros(market.contracts[hour]) * sum(more.values()) for hour in hours)
        > TOTAL_MAX
    ):
        return Reject.MARGIN_TOO_LARGE
    more_sells = dict.fromkeys(hours, more[Side.SELL])
    opening = [hour for hour in hours if excess_lots(account.position(hour), None, more_sells[hour])]
    floor = sum(floor_micros(market.contracts[hour]) for hour in opening)
    for side in sides:
        if side.side == Side.SELL and _brings(account, contract, side.price_ticks) < floor:
            return Reject.BELOW_MARGIN_FLOOR
    before, after = requirement(market, account), requirement(market, account, more_sells=more_sells)
    free = account.cash_micros - account.reserved_micros + held_micros
    free += sum(order.open_lots * order.per_lot_micros for order in gone if order.side == Side.BUY)
    for side in sides:
        if side.side == Side.BUY:
            free -= side.lots * _costs(account, contract, side.price_ticks)
            if free < (0 if side.side in reducing else after):
                return Reject.INSUFFICIENT_FUNDS
    for side in sides:
        if side.side == Side.SELL:
            if after > before and side.side not in reducing and free < after:
                return Reject.INSUFFICIENT_FUNDS
            if any(not market.contracts[hour].scenarios for hour in opening):
                return Reject.INSUFFICIENT_CAPACITY
    return Reject.NONE


def _reduces(market: Market, account: Account, number: int, asked: Asked, more_lots: int) -> bool:
    contract, position = market.contracts[number], account.position(number)
    if contract.legs or account.credit_bps is None:
        return False
    if asked.side == Side.BUY:
        highest_ticks = max(contract.scenarios, default=0)
        return position.open_buy_lots + more_lots <= short_lots(position) and asked.price_ticks <= highest_ticks
    brings = _brings(account, contract, asked.price_ticks)
    held = position.open_sell_lots + more_lots <= position.lots
    return held and brings >= credit_micros(highest_micros(contract), account.credit_bps)


def _costs(account: Account, contract: Contract, price_ticks: int) -> int:
    notional = price_ticks * contract.tick_value_micros
    return notional + -(-notional * account.reserve_bps // BPS)


def _brings(account: Account, contract: Contract, price_ticks: int) -> int:
    """A lot, less the dearer fee."""
    notional = price_ticks * contract.tick_value_micros
    return notional - -(-notional * account.reserve_bps // BPS)


def refuse_less_capacity(market: Market, account: Account, number: int, capacity_lots: int) -> Reject:
    after = requirement(market, account, capacity={number: capacity_lots})
    if after > requirement(market, account) and account.cash_micros - account.reserved_micros < after:
        return Reject.INSUFFICIENT_FUNDS
    position = account.position(number)
    bare = not market.contracts[number].scenarios
    short = position.lots + capacity_lots < position.open_sell_lots
    return Reject.INSUFFICIENT_CAPACITY if bare and short else Reject.NONE


def spendable_micros(market: Market, account: Account) -> int:
    return max(0, account.free_micros - requirement(market, account))


def judge_calls(market: Market) -> None:
    """At the end of a command: who has too little now, and who no longer."""
    for number, account in enumerate(market.accounts):
        if account.credit_bps is None:
            continue
        required = requirement(market, account, orders=False)
        short = required - (account.cash_micros - account.bond_micros)
        if (short > 0) != account.is_called:
            account.is_called = short > 0
            market.say(
                EventKind.MARGIN_CALL,
                account=number,
                amount=max(0, short),
                fee=required,
                reason=int(account.is_called),
            )
