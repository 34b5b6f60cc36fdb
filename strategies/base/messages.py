"""What goes to the venue. A driver turns each into a command row or a frame; orders are named by client id."""

from typing import NamedTuple

from exchange.domain.enums import OrderType, Side, TimeInForce
from exchange.domain.instruments import Contract


class Place(NamedTuple):
    client_id: str
    contract: Contract
    side: Side
    price_ticks: int
    lots: int
    order_type: OrderType = OrderType.LIMIT
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    expiry_ns: int = 0


class Amend(NamedTuple):
    """``lots`` is the new total, fills included: a fill that overtakes the message cannot inflate the order."""

    client_id: str
    contract: Contract
    price_ticks: int
    lots: int


class Pull(NamedTuple):
    client_id: str
    contract: Contract


Message = Place | Amend | Pull
