"""What a client may ask: the parameters of every method, with their bounds.

Unknown fields are refused, so that a misspelt ``post_ony`` never becomes a taker order.
"""

from exchange.wire.requests import account, batches, cancels, history, market_data, orders, past, provision, session
from exchange.wire.requests.common import Params

METHODS: dict[str, type[Params]] = {
    **account.METHODS,
    **batches.METHODS,
    **cancels.METHODS,
    **history.METHODS,
    **market_data.METHODS,
    **orders.METHODS,
    **past.METHODS,
    **provision.METHODS,
    **session.METHODS,
}

__all__ = ["METHODS", "Params"]
