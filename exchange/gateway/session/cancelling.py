"""Cancelling many orders at once: by one command where the engine has one for it, else order by order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from exchange.domain.catalogue import CATALOGUE
from exchange.domain.enums import EventKind, Reason, Sweep
from exchange.domain.records import Command
from exchange.gateway.mirror.accounts import Account
from exchange.gateway.mirror.changes import Outcome
from exchange.gateway.mirror.markets import Market
from exchange.gateway.mirror.orders import OrderRecord
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session.plans import Answers, Plan, Step
from exchange.gateway.session.reading.finding import KINDS, find_market, is_of
from exchange.wire import commands, quotes
from exchange.wire.holders import Cancelled
from exchange.wire.messages import Order
from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests.cancels import (
    CancelAll,
    CancelAllByCurrency,
    CancelAllByInstrument,
    CancelAllByKindOrType,
    CancelByLabel,
    CancelQuotes,
)
from exchange.wire.requests.common import Params

_ASKED = frozenset({Reason.USER, Reason.MASS})
_SIDES = {"any": Sweep(0), "buy": Sweep.ONLY_BUYS, "sell": Sweep.ONLY_SELLS}


class Selection(NamedTuple):
    """Which of an account's open orders; ``currencies`` are names as in ``covers``."""

    currencies: tuple[str, ...] = ("any",)
    kind: str = "any"
    market: Market | None = None
    type: str = "all"
    label: str | None = None
    flags: Sweep = Sweep(0)
    slot: int | None = None

    @property
    def is_a_sweep(self) -> bool:
        """Whether the engine finds them by itself."""
        is_plain = self.type == "all" and self.label is None and self.slot is None
        return is_plain and all(_numbers(currency) is not None for currency in self.currencies)

    def fits(self, order: OrderRecord) -> bool:
        return (
            any(covers(currency, order.market) for currency in self.currencies)
            and self.market in (None, order.market)
            and is_of(order, self.type)
            and self.label in (None, order.label)
            and not (self.flags & Sweep.ONLY_BUYS and order.direction != "buy")
            and not (self.flags & Sweep.ONLY_SELLS and order.direction != "sell")
            and not (self.flags & Sweep.ONLY_QUOTES and order.quote_slot < 0)
            and self.slot in (None, order.quote_slot)
        )


def is_a_sweep(params: Params) -> bool:
    """Whether a mass cancel asks for nothing that the engine does not know: no label, type, set, or single term."""
    currency = getattr(params, "currency", None) or "any"
    names = [currency] if isinstance(currency, str) else currency
    is_plain = getattr(params, "type", "all") == "all" and getattr(params, "label", None) is None
    return is_plain and getattr(params, "quote_set_id", None) is None and all(map(_numbers, names))


def covers(currency: str, market: Market) -> bool:
    """Whether a market answers to ``currency``: any, USD, its base currency, SKU and region, or one of the two."""
    sku, _, region = market.sku_region.partition("_")
    return currency in ("any", "USD", market.base_currency, market.sku_region, sku, region)


def cancel_all(mirror: Mirror, account: Account, wish: CancelAll, now_ns: int) -> Plan:
    market = None if wish.instrument_name is None else find_market(mirror, wish.instrument_name, now_ns)
    selection = Selection((wish.currency,), wish.kind, market, wish.type, wish.label, _SIDES[wish.direction])
    return sweep(mirror, account, selection, wish.detailed)


def cancel_all_by_currency(mirror: Mirror, account: Account, wish: CancelAllByCurrency, now_ns: int) -> Plan:
    return sweep(mirror, account, Selection((wish.currency,), wish.kind, type=wish.type), wish.detailed)


def cancel_all_by_kind_or_type(mirror: Mirror, account: Account, wish: CancelAllByKindOrType, now_ns: int) -> Plan:
    currencies = (wish.currency,) if isinstance(wish.currency, str) else tuple(dict.fromkeys(wish.currency))
    return sweep(mirror, account, Selection(currencies, wish.kind, type=wish.type), wish.detailed)


def cancel_all_by_instrument(mirror: Mirror, account: Account, wish: CancelAllByInstrument, now_ns: int) -> Plan:
    market = find_market(mirror, wish.instrument_name, now_ns)
    return sweep(mirror, account, Selection(market=market, type=wish.type), wish.detailed)


def cancel_by_label(mirror: Mirror, account: Account, wish: CancelByLabel, now_ns: int) -> Plan:
    return sweep(mirror, account, Selection((wish.currency,), label=wish.label), wish.detailed)


def cancel_quotes(mirror: Mirror, account: Account, wish: CancelQuotes, now_ns: int) -> Plan:
    chosen = Selection(flags=Sweep.ONLY_QUOTES)
    match wish.cancel_type:
        case "instrument" if wish.instrument_name is not None:
            chosen = chosen._replace(market=find_market(mirror, wish.instrument_name, now_ns))
        case "currency" if wish.currency is not None:
            chosen = chosen._replace(currencies=(wish.currency,))
        case "kind" if wish.kind is not None:
            chosen = chosen._replace(kind=wish.kind)
        case "quote_set_id" if wish.quote_set_id is not None:
            chosen = chosen._replace(slot=quotes.slot(wish.quote_set_id))
        case "all":
            pass
        case missing:
            param = "instrument_name" if missing == "instrument" else missing
            raise Refusal(Code.INVALID_PARAMS, f"cancel_type {missing} needs {param}; say which", param=param)
    return sweep(mirror, account, chosen, wish.detailed)


def sweep(mirror: Mirror, account: Account, selection: Selection, detailed: bool) -> Plan:
    """Cancel what is selected; the result is how many there were, or what they were."""
    wanted = _commands(mirror, account, selection) if selection.kind in KINDS else []
    if detailed:
        return Plan([Step(command) for command in wanted], _details, _listed)
    return Plan([Step(command) for command in wanted], _counted, _sum)


def _commands(mirror: Mirror, account: Account, selection: Selection) -> list[Command]:
    meant = [order for order in account.orders.values() if not order.members and selection.fits(order)]
    wanted: list[Command] = []
    if selection.is_a_sweep:
        number = -1 if selection.market is None else selection.market.number
        for currency in selection.currencies:
            numbers = _numbers(currency)
            assert numbers is not None
            wanted.append(commands.cancel_all(account.number, number, int(selection.flags), numbers))
        # Contracts that an older venue listed have no numbers, and are not found by them.
        meant = [order for order in meant if not any(_is_found(order.market, name) for name in selection.currencies)]
    ids = dict.fromkeys((order.whole or order).order_id for order in meant)
    return [*wanted, *(commands.cancel(account.number, order_id) for order_id in ids)]


def _numbers(currency: str) -> tuple[int, int] | None:
    """Those of SKU and region by which the engine selects (0: any); None if it cannot."""
    sku, _, region = currency.partition("_")
    if currency in ("any", "USD"):
        return 0, 0
    if currency in CATALOGUE.skus:
        return CATALOGUE.sku_numbers[currency], 0
    if currency in CATALOGUE.regions:
        return 0, CATALOGUE.region_numbers[currency]
    if sku in CATALOGUE.skus and region in CATALOGUE.regions:
        return CATALOGUE.sku_numbers[sku], CATALOGUE.region_numbers[region]
    return None


def _is_found(market: Market, currency: str) -> bool:
    wanted = _numbers(currency)
    assert wanted is not None
    return all(each in (0, has) for each, has in zip(wanted, market.numbers, strict=True))


def cancelled(outcome: Outcome) -> list[int]:
    """The orders that went because they were asked to, not those that others lose in the wake of it."""
    return [event.order_id for event in outcome.events if event.kind == EventKind.CANCELLED and event.reason in _ASKED]


def _counted(mirror: Mirror, outcome: Outcome) -> int:
    return len(cancelled(outcome))


def _sum(answers: Answers) -> int:
    return sum(answer for answer in _heard(answers) if isinstance(answer, int))


def _details(mirror: Mirror, outcome: Outcome) -> list[Order]:
    records = (mirror.closed.get(order_id) for order_id in cancelled(outcome))
    return [record.message() for record in records if record is not None]


def _listed(answers: Answers) -> list[Cancelled]:
    """By instrument and type, as the dialect has it."""
    groups: dict[tuple[str, str], list[Order]] = {}
    for orders in _heard(answers):
        assert isinstance(orders, list)
        for order in orders:
            type_ = "trigger" if order.triggered is False else "limit"
            groups.setdefault((order.instrument_name, type_), []).append(order)
    return [Cancelled(name.partition("-")[0], type_, name, orders) for (name, type_), orders in groups.items()]


def _heard(answers: Answers) -> Iterable[object]:
    """Without those that were gone before; raises Refusal if the venue could not take all of it."""
    for answer in answers:
        if isinstance(answer, Refusal) and answer.code == Code.MATCHING_ENGINE_QUEUE_FULL:
            raise answer
    return [answer for answer in answers if not isinstance(answer, Refusal)]


COMMANDS: dict[str, Callable[[Mirror, Account, Any, int], Plan]] = {
    "private/cancel_all": cancel_all,
    "private/cancel_all_by_currency": cancel_all_by_currency,
    "private/cancel_all_by_instrument": cancel_all_by_instrument,
    "private/cancel_all_by_kind_or_type": cancel_all_by_kind_or_type,
    "private/cancel_by_label": cancel_by_label,
    "private/cancel_quotes": cancel_quotes,
}
