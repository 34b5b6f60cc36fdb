"""What the venue says of the holder of an account. Field names are Deribit's."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from exchange.wire.messages import AccountSummary, Message, Order


class AccountSummaries(Message, frozen=True, kw_only=True):
    """Result of ``private/get_account_summaries``: one, as all money is dollars."""

    id: int
    username: str
    system_name: str
    summaries: list[AccountSummary]
    mmp_enabled: bool
    email: str = ""
    type: str = "main"
    creation_timestamp: int = 0
    login_enabled: bool = True
    security_keys_enabled: bool = False
    interuser_transfers_enabled: bool = False
    self_trading_reject_mode: str = "reject_taker"
    self_trading_extended_to_subaccounts: bool = False
    referrer_id: str | None = None


class Portfolio(Message, frozen=True):
    currency: str
    balance: float
    equity: float
    available_funds: float
    available_withdrawal_funds: float
    initial_margin: float
    maintenance_margin: float
    margin_balance: float


class Subaccount(Message, frozen=True, kw_only=True):
    id: int
    username: str
    system_name: str
    type: str = "main"
    email: str = ""
    is_password: bool = False
    login_enabled: bool = True
    receive_notifications: bool = False
    security_keys_enabled: bool = False
    security_keys_assignments: tuple[str, ...] = ()
    # By currency in lower case.
    portfolio: dict[str, Portfolio] | UnsetType = UNSET


class Margins(Message, frozen=True):
    """Result of ``private/get_margins``: what an order would hold of the cash, and how far prices may go."""

    buy: float
    sell: float
    min_price: float
    max_price: float


class Cancelled(Message, frozen=True):
    """What a mass cancel took away in one instrument; ``type`` is limit, or trigger for stops that waited."""

    currency: str
    type: str
    instrument_name: str
    result: list[Order]


class CancelsOnDisconnect(Message, frozen=True):
    """Result of ``private/get_cancel_on_disconnect``."""

    scope: str
    enabled: bool


class CancelsAllAfter(Message, frozen=True):
    """Result of ``private/cancel_all_after``: the server's time, and when all goes (0: not at all)."""

    current_time: int
    trigger_time: int


class Transferred(Message, frozen=True):
    amount: float
    source: int
    destination: int
    currency: str = "USD"
    state: str = "confirmed"
    type: str = "subaccount"
