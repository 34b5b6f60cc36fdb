"""What each method needs: a scope of the key, or none, and whether it makes sense only on a connection.

A method without a row is nobody's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from exchange.domain.scopes import PROVIDE, QUOTE, READ, TRADE
from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests import METHODS


class Permit(NamedTuple):
    """Any of ``scopes`` is enough; none are needed by what is public."""

    scopes: tuple[str, ...] = ()
    needs_connection: bool = False


_PUBLIC = Permit()
_CONNECTED = Permit(needs_connection=True)
_ANYBODY = (READ, TRADE, QUOTE, PROVIDE)
_CANCELLING = (TRADE, QUOTE)


def _each(permit: Permit, names: str) -> dict[str, Permit]:
    scope = "private" if permit.scopes else "public"
    return {f"{scope}/{name}": permit for name in names.split()}


PERMITS: dict[str, Permit] = {
    **_each(
        _PUBLIC,
        "auth get_announcements get_index_price_names get_book_summary_by_currency "
        "get_book_summary_by_instrument get_contract_size get_currencies "
        "get_deliveries get_fixings get_forward_curve get_index get_index_history get_index_price get_instrument "
        "get_instruments get_last_trades_by_currency get_last_trades_by_currency_and_time "
        "get_last_trades_by_instrument get_last_trades_by_instrument_and_time get_order_book get_time "
        "get_tradingview_chart_data hello status test ticker",
    ),
    **_each(_CONNECTED, "disable_heartbeat set_heartbeat subscribe unsubscribe unsubscribe_all"),
    **_each(
        Permit((READ,)),
        "get_account_state get_account_summaries get_account_summary get_cancel_all_after get_cancel_on_disconnect "
        "get_events get_margins get_mmp_config get_mmp_status get_nominations get_open_orders "
        "get_open_orders_by_currency get_open_orders_by_instrument get_open_orders_by_label "
        "get_order_history_by_currency get_order_history_by_instrument get_order_state get_order_state_by_label "
        "get_position get_positions get_statement get_subaccounts get_user_trades_by_currency "
        "get_user_trades_by_currency_and_time get_user_trades_by_instrument get_user_trades_by_instrument_and_time "
        "get_user_trades_by_order",
    ),
    **_each(
        Permit((TRADE,)),
        "buy buy_any close_position edit edit_by_label sell sell_any submit_batch place_batch edit_batch "
        "submit_transfer_between_subaccounts",
    ),
    **_each(
        Permit(_CANCELLING),
        "cancel cancel_all cancel_all_after cancel_all_by_currency cancel_all_by_currency_pair "
        "cancel_all_by_instrument cancel_all_by_kind_or_type cancel_batch cancel_by_label publish_forward_curve",
    ),
    **_each(Permit((QUOTE,)), "cancel_quotes mass_quote reset_mmp set_mmp_config"),
    **_each(Permit((PROVIDE,)), "attest declare_capacity"),
    **_each(Permit((READ,), needs_connection=True), "subscribe"),
    **_each(Permit(_ANYBODY, needs_connection=True), "logout unsubscribe unsubscribe_all"),
    **_each(Permit(_CANCELLING, needs_connection=True), "disable_cancel_on_disconnect enable_cancel_on_disconnect"),
}
_ANY_OF = {method: frozenset(permit.scopes) for method, permit in PERMITS.items()}


def refuse_lacking(method: str, scopes: Iterable[str]) -> None:
    """Raises Refusal if a key with ``scopes`` may not call ``method``."""
    any_of = _ANY_OF.get(method)
    if any_of is None:
        raise Refusal(Code.FORBIDDEN, f"{method} is open to no key; ask the operator", reason="no_permit")
    if any_of and any_of.isdisjoint(scopes):
        advice = f"this key lacks the scope {' or '.join(PERMITS[method].scopes)}; use a key that has it"
        raise Refusal(Code.FORBIDDEN, advice)


def refuse_unconnected(method: str) -> None:
    """Raises Refusal if ``method`` exists but belongs to a connection, whatever its parameters are."""
    permit = PERMITS.get(method)
    if permit is not None and permit.needs_connection:
        advice = f"{method} needs a WebSocket; connect to /ws/api/v2 and send it there"
        raise Refusal(Code.MUST_BE_WEBSOCKET_REQUEST, advice)


# What HTTP answers; the others change the connection that they come by.
ANSWERED = frozenset(method for method in METHODS if method not in PERMITS or not PERMITS[method].needs_connection)
