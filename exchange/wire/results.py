"""What each method answers, where no function that reads says so by its annotation."""

from __future__ import annotations

from typing import Any, Final, Literal

from exchange.wire.charts import BookSummary
from exchange.wire.delivery import Nomination
from exchange.wire.holders import Cancelled, CancelsAllAfter, CancelsOnDisconnect, Transferred
from exchange.wire.makers import CancelledOne, MassQuoted, MmpConfig, PlacedOne
from exchange.wire.messages import Authenticated, Capacity, Order, Placed
from exchange.wire.private import EventList
from exchange.wire.statements import StatementDay, StatementHours

Ok = Literal["ok"]
# How many, or in detail which.
Swept = (int, list[Cancelled])
Names = list[str]

# A tuple: one of them.
RESULTS: Final[dict[str, Any]] = {
    "private/attest": Nomination,
    "private/buy": Placed,
    "private/buy_any": Placed,
    "private/cancel": Order,
    "private/cancel_all": Swept,
    "private/cancel_all_after": CancelsAllAfter,
    "private/cancel_all_by_currency": Swept,
    "private/cancel_all_by_kind_or_type": Swept,
    "private/cancel_all_by_instrument": Swept,
    "private/cancel_batch": list[CancelledOne],
    "private/cancel_by_label": Swept,
    "private/cancel_quotes": Swept,
    "private/close_position": Placed,
    "private/declare_capacity": Capacity,
    "private/disable_cancel_on_disconnect": Ok,
    "private/edit": Placed,
    "private/enable_cancel_on_disconnect": Ok,
    "private/get_cancel_on_disconnect": CancelsOnDisconnect,
    "private/get_events": EventList,
    "private/get_statement": (StatementDay, StatementHours),
    "private/logout": Ok,
    "private/mass_quote": MassQuoted,
    "private/place_batch": list[PlacedOne],
    "private/publish_forward_curve": Ok,
    "private/reset_mmp": Ok,
    "private/sell": Placed,
    "private/sell_any": Placed,
    "private/set_mmp_config": list[MmpConfig],
    "private/submit_transfer_between_subaccounts": Transferred,
    "private/subscribe": Names,
    "private/unsubscribe": Names,
    "private/unsubscribe_all": Ok,
    "public/auth": Authenticated,
    "public/disable_heartbeat": Ok,
    "public/get_book_summary_by_currency": list[BookSummary],
    "public/get_book_summary_by_instrument": list[BookSummary],
    "public/set_heartbeat": Ok,
    "public/subscribe": Names,
    "public/unsubscribe": Names,
    "public/unsubscribe_all": Ok,
}
