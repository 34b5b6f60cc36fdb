"""Frames of the client: requests out, and answers and typed notifications in. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw, Struct

from exchange.client.errors import ClientError
from exchange.client.market_data import MarketData, market_data_of
from exchange.wire.channels import Stream
from exchange.wire.contracts import Delivery, Fixing, InstrumentState
from exchange.wire.messages import (
    AccountSummary,
    BookChange,
    ErrorBody,
    ForwardCurve,
    Order,
    Quote,
    Ticker,
    Trade,
    UserTrade,
)


@dataclass(frozen=True, slots=True)
class ConnectionChange:
    """Data of the local channel ``connection``: between False and True, notifications were missed."""

    connected: bool
    reason: str


@dataclass(frozen=True, slots=True)
class SubscriptionEnded:
    """Data of a channel that the exchange would not resume after a reconnect."""

    reason: str


NotificationData = (
    BookChange
    | MarketData
    | list[Trade]
    | Ticker
    | Quote
    | ForwardCurve
    | InstrumentState
    | Fixing
    | Delivery
    | Order
    | list[Order]
    | list[UserTrade]
    | AccountSummary
    | ConnectionChange
    | SubscriptionEnded
)


class Notification(NamedTuple):
    """``data`` has the type of its channel: match on it."""

    channel: str
    data: NotificationData


class BadFrame(ClientError):
    """The server said something that is not of the dialect."""


class Publication(Struct, frozen=True):
    """``type`` belongs to heartbeats, the others to subscriptions."""

    channel: str = ""
    data: Raw = Raw(b"null")
    type: str = ""


class Frame(Struct, frozen=True):
    """An answer has an ``id``, a notification a ``method``."""

    id: int | None = None
    result: Raw = Raw(b"null")
    error: ErrorBody | None = None
    method: str = ""
    params: Publication | None = None


_DATA: dict[str, Any] = {
    Stream.BOOK.value: BookChange,
    Stream.TRADES.value: list[Trade],
    Stream.TICKER.value: Ticker,
    Stream.QUOTE.value: Quote,
    Stream.FORWARD.value: ForwardCurve,
    Stream.INSTRUMENT_STATE.value: InstrumentState,
    Stream.FIXING.value: Fixing,
    Stream.DELIVERY.value: Delivery,
    Stream.USER_ORDERS.value: Order | list[Order],
    Stream.USER_TRADES.value: list[UserTrade],
    Stream.USER_PORTFOLIO.value: AccountSummary,
}
_TWO_WORDS = ("user.", "instrument.")
_frames = msgspec.json.Decoder(Frame)
# A Decimal price leaves as the number it is.
_encode = msgspec.json.Encoder(decimal_format="number").encode


def encode_request(request_id: int, method: str, params: Mapping[str, object]) -> bytes:
    return _encode({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})


def decode_frame(frame: bytes) -> Frame:
    """Raises BadFrame if it is not an answer or a notification."""
    try:
        return _frames.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadFrame(f"the server sent a frame that is no JSON-RPC: {error}; it starts {frame[:60]!r}") from None


def decode_result(raw: Raw, kind: Any) -> Any:
    """The result of a call as ``kind``. Raises BadFrame if it does not fit."""
    try:
        return _decoder(kind).decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadFrame(f"the server answered with something unexpected: {error}") from None


def decode_notification(publication: Publication) -> Notification:
    """Raises BadFrame if the channel is unknown or its data do not fit."""
    channel = publication.channel
    words = channel.split(".", 2)
    stream = ".".join(words[:2]) if channel.startswith(_TWO_WORDS) else words[0]
    kind = market_data_of(channel) or _DATA.get(stream)
    if kind is None:
        raise BadFrame(f"the server published on the unknown channel {channel[:60]!r}")
    return Notification(channel, decode_result(publication.data, kind))


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)
