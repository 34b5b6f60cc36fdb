"""Answers about the holder of an account: what there is on it, and what an order would take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from exchange.domain.units import MICROS_PER_DOLLAR, NS_PER_SECOND
from exchange.gateway.mirror.accounts import Account
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session.reading.finding import find_market
from exchange.wire import commands
from exchange.wire.holders import AccountSummaries, Margins, Portfolio, Subaccount
from exchange.wire.makers import MmpConfig, MmpStatus
from exchange.wire.messages import AccountSummary
from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests.batches import OfMmp
from exchange.wire.requests.past import GetAccountSummaries, GetMargins, GetSubaccounts


def refuse_other(account: Account, subaccount_id: int | None) -> None:
    """Raises Refusal if somebody asks for an account that is not the key's."""
    if subaccount_id not in (None, account.number):
        advice = f"this key is of account {account.number}; leave subaccount_id out, or use a key of that one"
        raise Refusal(Code.FORBIDDEN, advice, param="subaccount_id")


def summary_of(mirror: Mirror, account: Account) -> AccountSummary:
    """With what only who asks for it is told."""
    return replace(account.summary(), type=_type_of(mirror, account), limits=mirror.rates)


def get_account_summaries(
    mirror: Mirror, account: Account, params: GetAccountSummaries, now_ns: int
) -> AccountSummaries:
    refuse_other(account, params.subaccount_id)
    return AccountSummaries(
        id=account.number,
        username=account.name,
        system_name=account.name,
        summaries=[summary_of(mirror, account)],
        type=_type_of(mirror, account),
        mmp_enabled=account.protection is not None,
    )


def get_subaccounts(mirror: Mirror, account: Account, params: GetSubaccounts, now_ns: int) -> list[Subaccount]:
    """The account itself, then its sub-accounts that were opened."""
    subs = (mirror.by_name.get(name) for name in mirror.family.subaccounts(account.name))
    family = [account, *(sub for sub in subs if sub is not None)]
    return [_member(mirror, each, params.with_portfolio) for each in family]


def _member(mirror: Mirror, account: Account, with_portfolio: bool) -> Subaccount:
    return Subaccount(
        id=account.number,
        username=account.name,
        system_name=account.name,
        type=_type_of(mirror, account),
        portfolio={"usd": _portfolio(account.summary())} if with_portfolio else UNSET,
    )


def _portfolio(summary: AccountSummary) -> Portfolio:
    return Portfolio(
        "USD",
        summary.balance,
        summary.equity,
        summary.available_funds,
        summary.available_withdrawal_funds,
        summary.initial_margin,
        summary.maintenance_margin,
        summary.margin_balance,
    )


def _type_of(mirror: Mirror, account: Account) -> str:
    return "subaccount" if mirror.family.parent(account.name) else "main"


def get_margins(mirror: Mirror, account: Account, params: GetMargins, now_ns: int) -> Margins:
    """A buy holds its price and the greater fee; a sell holds what it delivers, and cash only on margin."""
    market = find_market(mirror, params.instrument_name, now_ns)
    price_ticks = commands.price_ticks(market.contract, params.price)
    lots = commands.lots(market.contract, params.amount)
    held = account.per_lot_micros(market, price_ticks) * lots
    ticker = market.ticker()
    required = account.selling_micros(market, lots)
    return Margins(held / MICROS_PER_DOLLAR, required / MICROS_PER_DOLLAR, ticker.min_price, ticker.max_price)


def get_mmp_config(mirror: Mirror, account: Account, params: OfMmp, now_ns: int) -> list[MmpConfig]:
    return mmp_configs(account)


def get_mmp_status(mirror: Mirror, account: Account, params: OfMmp, now_ns: int) -> list[MmpStatus]:
    """Nothing unless the account's quotes are frozen."""
    return [MmpStatus()] if account.is_frozen else []


def mmp_configs(account: Account) -> list[MmpConfig]:
    if account.protection is None:
        return []
    lots, delta, window_ns = account.protection
    return [MmpConfig(window_ns // NS_PER_SECOND, lots, delta)]


PRIVATE: dict[str, Callable[[Mirror, Account, Any, int], object]] = {
    "private/get_account_summaries": get_account_summaries,
    "private/get_margins": get_margins,
    "private/get_mmp_config": get_mmp_config,
    "private/get_mmp_status": get_mmp_status,
    "private/get_subaccounts": get_subaccounts,
}
