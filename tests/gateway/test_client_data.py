"""Every form of market data as our own client hands it out."""

from __future__ import annotations

import msgspec
import pytest

from exchange.client.frames import BadFrame, decode_frame, decode_notification
from exchange.domain.enums import Side
from exchange.wire.books import BookOrders, BookTop
from exchange.wire.channels import parse_channel
from exchange.wire.charts import ChartCandle
from exchange.wire.messages import BookChange, Quote, Ticker
from exchange.wire.platform import PlatformState, PublicMethodsState
from tests.gateway.desk import Desk, limit

FORMS = {
    "book.{}.raw": BookChange,
    "book.{}.100ms": BookChange,
    "book.{}.none.10.raw": BookTop,
    "book.{}.l3": BookOrders,
    "chart.trades.{}.1D": ChartCandle,
    "ticker.{}.raw": Ticker,
    "quote.{}": Quote,
    "platform_state": PlatformState,
    "platform_state.public_methods_state": PublicMethodsState,
}


@pytest.mark.parametrize("form", FORMS)
def test_the_client_knows_the_data_of_each_channel(form: str) -> None:
    """By its type, with what was said in it."""
    desk = Desk()
    desk.turn(limit(1, Side.SELL, 2_350, 5), limit(2, Side.BUY, 2_350, 2))
    name = form.format(desk.contracts[0].symbol)
    (greeting,) = desk.feed.join("a", [parse_channel(name)], 0)
    publication = decode_frame(greeting.frame).params
    assert publication is not None
    heard = decode_notification(publication)
    assert type(heard.data) is FORMS[form]
    assert msgspec.json.encode(heard.data) == bytes(publication.data)


def test_a_channel_of_another_venue_is_no_channel() -> None:
    """It is not taken for one that looks like it."""
    frame = b'{"method": "subscription", "params": {"channel": "chart.trades.X", "data": {}}}'
    publication = decode_frame(frame).params
    assert publication is not None
    with pytest.raises(BadFrame, match="unknown channel"):
        decode_notification(publication)
