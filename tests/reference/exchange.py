"""One command after the other: refuse it, or do it and say what happened, and then keep house."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from exchange.domain.enums import CommandKind, EventKind, Phase, Reason, Reject, Sweep
from exchange.domain.records import Command
from tests.reference import (
    delivery,
    desk,
    entry,
    ledger,
    listing,
    margin,
    quotes,
    refusals,
    remedies,
    strip_rules,
    wildcards,
)
from tests.reference.auction import indicate, uncross
from tests.reference.events import Event
from tests.reference.fixing import (
    correct,
    make_fixing,
    refuse_correction,
    refuse_fixing_lots,
    remember_middles,
    set_fixing_lots,
)
from tests.reference.forms import text_of
from tests.reference.housekeeping import keep_house
from tests.reference.market import EXPIRY, PHASE_END, Market
from tests.reference.orders import Order
from tests.reference.phases import change_phase


class ReferenceExchange(Market):
    """The whole venue.

    Order ids are opaque and belong to the engine, so they are handed in: ``run`` takes the ids
    that the engine gave in this batch, and uses them up in the order of acceptance.
    """

    def run(self, commands: Iterable[Command], order_ids: Iterable[int]) -> list[Event]:
        """Apply ``commands``, already sequenced and stamped, and return what happened."""
        self.events = []
        self.new_ids = iter(order_ids)
        for command in commands:
            self.sequence = command.sequence
            self.time_ns = command.time_ns
            refuse, do = RULES.get(command.kind, (_refuse_unknown, _never))
            reject = refuse(self, command)
            if reject:
                _reject(self, command, reject)
            else:
                do(self, command)
                keep_house(self)
                remember_middles(self)
                margin.judge_calls(self)
        return self.events


def _reject(market: Market, command: Command, reject: Reject) -> None:
    order_id = 0
    if command.kind in (CommandKind.CANCEL, CommandKind.REPLACE, CommandKind.MEMBER):
        # A client id names its order also when that is no longer open.
        asker = market.asker(command.account)
        order_id = command.order_id or (asker.used.get(text_of(command), 0) if asker else 0)
    elif command.kind in (CommandKind.NEW, CommandKind.WILDCARD) and reject == Reject.DUPLICATE_CLIENT_ID:
        order_id = market.accounts[command.account].used[text_of(command)]
    elif command.kind == CommandKind.LEG:
        order_id = command.order_id
    market.say(
        EventKind.REJECTED,
        reason=reject,
        order_id=order_id,
        account=command.account,
        contract=command.contract,
        side=command.side,
        price_ticks=command.price_ticks,
        lots=command.lots,
    )


def _cancel_all(market: Market, command: Command) -> None:
    if command.account:
        doomed = [
            order
            for order in market.accounts[command.account].open.values()
            if any(_is_swept(market, command, place) and _moves(market, place) for place in _places(order))
        ]
    else:
        everybody = (order for number in range(len(market.contracts)) for order in market.everybody_in(number))
        doomed = [order for order in everybody if _is_swept(market, command, order)]
    for order in doomed:
        if market.is_open(order):
            market.take_away(order, EventKind.CANCELLED, Reason.MASS)


def _places(order: Order) -> list[Order]:
    """Where it could be swept: a wildcard in every member, and by itself while it waits for others."""
    if order.wildcard is None:
        return [order]
    return [*order.wildcard.members, *([order] if order.wildcard.awaited else [])]


def _moves(market: Market, order: Order) -> bool:
    return market.contracts[order.contract].phase != Phase.HALTED


def _is_swept(market: Market, command: Command, order: Order) -> bool:
    contract = market.contracts[order.contract]
    if command.flags & Sweep.ONLY_QUOTES and not order.is_quote:
        return False
    if command.flags & (Sweep.ONLY_SELLS if order.side == 0 else Sweep.ONLY_BUYS):
        return False
    return (
        command.contract in (-1, order.contract)
        and command.sku in (0, contract.sku)
        and command.region in (0, contract.region)
    )


def _tick(market: Market, command: Command) -> None:
    indicate(market)
    while market.next_deadline_ns() <= command.time_ns:
        if not market.deadlines:
            return
        _, kind, number, order_id = market.deadlines[0]
        if kind == PHASE_END:
            change_phase(market, number, Phase.CONTINUOUS, 0)
        elif kind == EXPIRY:
            market.take_away(market.orders[order_id], EventKind.EXPIRED, Reason.GTD)
        else:
            _gate(market, number)


def _gate(market: Market, number: int) -> None:
    market.deadlines.pop(0)
    contract = market.contracts[number]
    if contract.collecting:
        uncross(market, number)
    for order in market.everybody_in(number):
        if not order.is_whole and market.is_open(order):
            market.take_away(order, EventKind.EXPIRED, Reason.GATE)
    change_phase(market, number, Phase.GATED, 0)
    make_fixing(market, number)


def _refuse_unknown(market: Market, command: Command) -> Reject:
    return Reject.UNKNOWN_COMMAND


def _never_refused(market: Market, command: Command) -> Reject:
    return Reject.NONE


def _never(market: Market, command: Command) -> None:
    raise AssertionError("an unknown command is always refused")


Refuse = Callable[[Market, Command], Reject]
Do = Callable[[Market, Command], None]
RULES: dict[int, tuple[Refuse, Do]] = {
    CommandKind.NEW: (refusals.refuse_new, entry.accept_new),
    CommandKind.CANCEL: (refusals.refuse_cancel, entry.cancel),
    CommandKind.REPLACE: (refusals.refuse_replace, entry.replace),
    CommandKind.CANCEL_ALL: (refusals.refuse_cancel_all, _cancel_all),
    CommandKind.TICK: (_never_refused, _tick),
    CommandKind.LIST: (listing.refuse_list, listing.list_contract),
    CommandKind.OPEN_ACCOUNT: (listing.refuse_open_account, listing.open_account),
    CommandKind.CASH: (listing.refuse_cash, listing.move_cash),
    CommandKind.CAPACITY: (listing.refuse_capacity, listing.declare_capacity),
    CommandKind.PHASE: (desk.refuse_phase, desk.set_phase),
    CommandKind.QUOTE: (quotes.refuse_quote, quotes.quote),
    CommandKind.MARK: (desk.refuse_mark, desk.set_mark),
    CommandKind.BANDS: (desk.refuse_bands, desk.set_bands),
    CommandKind.LIMITS: (desk.refuse_limits, desk.set_limits),
    CommandKind.PROTECT: (desk.refuse_protect, desk.protect),
    CommandKind.RESET: (desk.refuse_reset, desk.reset),
    CommandKind.KILL: (desk.refuse_kill, desk.kill),
    CommandKind.GROUP: (desk.refuse_group, desk.set_group),
    CommandKind.TRANSFER: (ledger.refuse_transfer, ledger.transfer),
    CommandKind.BOND: (ledger.refuse_bond, ledger.change_bond),
    CommandKind.FEES: (ledger.refuse_fees, ledger.set_fees),
    CommandKind.NOMINATE: (delivery.refuse_nomination, delivery.nominate),
    CommandKind.ATTEST: (delivery.refuse_attestation, delivery.attest),
    CommandKind.COMPENSATE: (delivery.refuse_compensation, delivery.compensate),
    CommandKind.BUY_IN: (remedies.refuse_buy_in, remedies.buy_in),
    CommandKind.MAKE_GOOD: (remedies.refuse_make_good, remedies.make_good),
    CommandKind.FIXING_LOTS: (refuse_fixing_lots, set_fixing_lots),
    CommandKind.CORRECTION: (refuse_correction, correct),
    CommandKind.LEG: (strip_rules.refuse_leg, strip_rules.add_leg),
    CommandKind.WILDCARD: (wildcards.refuse_wildcard, wildcards.accept_wildcard),
    CommandKind.MEMBER: (wildcards.refuse_member, wildcards.join),
    CommandKind.MARGIN: (margin.refuse_margin, margin.set_margin),
    CommandKind.MARGIN_TERMS: (margin.refuse_terms, margin.set_terms),
}
