"""cryptofeed's Deribit feed, with two addresses changed by a subclass. Of certificates the environment tells it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Any, ClassVar

from cryptofeed import FeedHandler
from cryptofeed.connection import RestEndpoint, Routes, WebsocketEndpoint
from cryptofeed.defines import L1_BOOK, L2_BOOK, TICKER, TRADES
from cryptofeed.exchanges import Deribit
from reporting import address, check

where = address()
secure = "s" if where["certificate"] else ""
ROOT = f"{where['host']}:{where['port']}"
LISTEN_SECONDS = 5.0
heard: dict[str, list[Any]] = defaultdict(list)


class Venue(Deribit):
    """The same routes as Deribit's, which ask for four currencies; the last of them is a name for all of ours."""

    websocket_endpoints: ClassVar[list[WebsocketEndpoint]] = [WebsocketEndpoint(f"ws{secure}://{ROOT}/ws/api/v2")]
    rest_endpoints: ClassVar[list[RestEndpoint]] = [
        RestEndpoint(
            f"http{secure}://{ROOT}",
            routes=Routes(
                [*Deribit.rest_endpoints[0].routes.instruments, "/api/v2/public/get_instruments?currency=USD"]
            ),
        )
    ]


def keep(kind: str) -> Any:
    async def callback(update: Any, receipt_timestamp: float) -> None:
        heard[kind].append(update)

    return callback


async def feed() -> None:
    symbols = [name for name, ours in Venue.symbol_mapping().items() if ours in where["symbols"]]
    with check("symbols"):
        mapping = Venue.symbol_mapping()
        assert set(where["symbols"]) <= set(mapping.values())
        assert len(symbols) == 2, "two hours became one symbol"
    handler = FeedHandler(config={"log": {"disabled": True}})
    callbacks = {kind: keep(kind) for kind in (L2_BOOK, L1_BOOK, TRADES, TICKER)}
    keys = {"deribit": {"key_id": where["client_id"], "key_secret": where["client_secret"]}}
    handler.add_feed(Venue(config=keys, symbols=symbols, channels=list(callbacks), callbacks=callbacks))
    handler.run(start_loop=False, install_signal_handlers=False)
    await asyncio.sleep(LISTEN_SECONDS)
    with check("book"):
        assert len(heard[L2_BOOK]) > 10, len(heard[L2_BOOK])
        book = heard[L2_BOOK][-1].book
        (bid, _), (ask, _) = book.bids.index(0), book.asks.index(0)
        assert 1.97 < bid < 2 < ask < 2.03, (bid, ask)
        assert len(book.bids) == 3 == len(book.asks), "a ghost level, or one is missing"
    with check("best prices"):
        quote = heard[L1_BOOK][-1]
        assert quote.bid_price < quote.ask_price, quote
    with check("trades"):
        assert {float(trade.amount) for trade in heard[TRADES]} == {8.0}
        assert {trade.side for trade in heard[TRADES]} == {"buy", "sell"}
    with check("ticker"):
        assert heard[TICKER][-1].bid < heard[TICKER][-1].ask
    await handler.stop_async(asyncio.get_running_loop())


loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
loop.run_until_complete(feed())
