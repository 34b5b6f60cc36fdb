"""The daily index, as the venue tells it."""

from exchange.wire.messages import Message


class IndexInput(Message, frozen=True):
    """A fixing that an index was made from; ``lots`` is its weight, what traded in its last hour."""

    instrument_name: str
    price: float
    method: str
    lots: int


class SkuIndex(Message, frozen=True):
    """Data of ``index.SKU``, and result of ``public/get_index``: one price for all hours of a UTC date."""

    sku: str
    day: str
    price: float | None
    method: str
    lots: int
    regions: int
    hours: int
    inputs: list[IndexInput]
