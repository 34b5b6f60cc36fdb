"""What each method answers, where no function that reads says so by its annotation."""

from __future__ import annotations

from typing import Any, Final, Literal

from exchange.wire.delivery import Nomination
from exchange.wire.messages import Authenticated, Capacity, Order, Placed
from exchange.wire.statements import StatementDay, StatementHours

Ok = Literal["ok"]
HowMany = int
Names = list[str]

# A tuple: one of them.
RESULTS: Final[dict[str, Any]] = {
    "private/attest": Nomination,
    "private/buy": Placed,
    "private/buy_any": Placed,
    "private/cancel": Order,
    "private/cancel_all": HowMany,
    "private/cancel_all_by_instrument": HowMany,
    "private/cancel_by_label": HowMany,
    "private/declare_capacity": Capacity,
    "private/edit": Placed,
    "private/get_statement": (StatementDay, StatementHours),
    "private/logout": Ok,
    "private/publish_forward_curve": Ok,
    "private/sell": Placed,
    "private/sell_any": Placed,
    "private/subscribe": Names,
    "private/unsubscribe": Names,
    "private/unsubscribe_all": Ok,
    "public/auth": Authenticated,
    "public/disable_heartbeat": Ok,
    "public/set_heartbeat": Ok,
    "public/subscribe": Names,
    "public/unsubscribe": Names,
    "public/unsubscribe_all": Ok,
}
