"""Between accounts of one family: a main account and its sub-accounts."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from exchange.wire.requests.common import ClientOrderId, Params


class Transfer(Params, frozen=True, kw_only=True):
    """Accounts are numbers, as in the answers; ``source`` is one's own if not said."""

    amount: Decimal
    destination: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    source: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
    currency: Literal["USD"] = "USD"
    # Accepted once of a payer, for ever.
    reference: ClientOrderId | UnsetType = UNSET


METHODS: dict[str, type[Params]] = {"private/submit_transfer_between_subaccounts": Transfer}
