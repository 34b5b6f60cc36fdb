"""nautilus_trader's Deribit adapter, unmodified: a node fed by its data client, orders through its Rust client."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import timedelta
from typing import Any

from nautilus_trader.adapters.deribit import DERIBIT, DeribitDataClientConfig, DeribitLiveDataClientFactory
from nautilus_trader.common.config import InstrumentProviderConfig, LoggingConfig
from nautilus_trader.config import TradingNodeConfig
from nautilus_trader.core import nautilus_pyo3
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.data import BarType
from nautilus_trader.model.enums import BookType
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.trading.strategy import Strategy
from reporting import address, check

where = address()
first, second = where["symbols"]
HTTP = f"http://{where['host']}:{where['port']}/api/v2"
WEBSOCKET = f"ws://{where['host']}:{where['port']}/ws/api/v2"
PATIENCE_SECONDS = 15.0
LISTEN_SECONDS = 6.0
KEY = {"api_key": where["client_id"], "api_secret": where["client_secret"]}


class Listener(Strategy):
    """Hears everything of one hour, and keeps it."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: dict[str, list[Any]] = defaultdict(list)

    def on_start(self) -> None:
        one, other = (InstrumentId.from_str(f"{name}.{DERIBIT}") for name in (first, second))
        self.subscribe_order_book_deltas(one, BookType.L2_MBP)
        self.subscribe_quote_ticks(other)
        self.subscribe_trade_ticks(one)
        self.subscribe_mark_prices(other)
        self.subscribe_instrument_status(one)
        self.subscribe_bars(BarType.from_str(f"{one}-1-MINUTE-LAST-EXTERNAL"))
        self.request_trade_ticks(one, self.clock.utc_now() - timedelta(minutes=5))

    def on_order_book_deltas(self, deltas: Any) -> None:
        self.heard["deltas"].append(deltas)

    def on_quote_tick(self, tick: Any) -> None:
        self.heard["quotes"].append(tick)

    def on_trade_tick(self, tick: Any) -> None:
        self.heard["trades"].append(tick)

    def on_mark_price(self, mark: Any) -> None:
        self.heard["marks"].append(mark)

    def on_historical_data(self, data: Any) -> None:
        self.heard["history"].append(data)


async def data() -> None:
    config = TradingNodeConfig(
        logging=LoggingConfig(log_level="WARNING"),
        data_clients={
            DERIBIT: DeribitDataClientConfig(
                **KEY, base_url_http=HTTP, base_url_ws=WEBSOCKET,
                instrument_provider=InstrumentProviderConfig(load_all=True),
            )
        },
    )  # fmt: skip
    node = TradingNode(config)
    node.add_data_client_factory(DERIBIT, DeribitLiveDataClientFactory)
    listener = Listener()
    node.trader.add_strategy(listener)
    node.build()
    running = asyncio.ensure_future(node.run_async())
    await asyncio.sleep(LISTEN_SECONDS)
    instrument = node.cache.instrument(InstrumentId.from_str(f"{first}.{DERIBIT}"))
    book = node.cache.order_book(InstrumentId.from_str(f"{first}.{DERIBIT}"))
    names = {str(each.id.symbol) for each in node.cache.instruments()}
    heard = listener.heard
    with check("instruments"):
        assert {first, second} <= names, sorted(names)[:5]
        assert float(instrument.price_increment) == 0.001, instrument
        assert float(instrument.multiplier) in (1.0, 8.0), instrument
    with check("book"):
        assert len(heard["deltas"]) > 10, len(heard["deltas"])
        assert 1.97 < float(book.best_bid_price()) < 2 < float(book.best_ask_price()) < 2.03, book
    with check("quotes"):
        assert heard["quotes"][-1].bid_price < heard["quotes"][-1].ask_price
    with check("trades"):
        assert {float(trade.size) for trade in heard["trades"]} == {8.0}
    with check("mark prices"):
        assert heard["marks"], "none"
    with check("trade history"):
        assert heard["history"], "none"
    await node.stop_async()
    running.cancel()
    node.dispose()


async def until(condition: Any, what: str) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():
            await asyncio.sleep(0.02)
    assert condition(), what


async def orders() -> None:
    p = nautilus_pyo3
    account, trader, strategy = p.AccountId("DERIBIT-master"), p.TraderId("TRADER-001"), p.StrategyId("S-001")
    hour = p.InstrumentId.from_str(f"{first}.{DERIBIT}")
    http = p.DeribitHttpClient(**KEY, base_url=HTTP)
    instruments = await http.request_instruments(p.DeribitCurrency.ANY, p.DeribitProductType.FUTURE)
    http.cache_instruments(instruments)
    heard: list[Any] = []
    socket = p.DeribitWebSocketClient(url=WEBSOCKET, **KEY)
    socket.set_account_id(account)
    await socket.connect(asyncio.get_running_loop(), instruments, heard.append)
    with check("authenticate"):
        await socket.authenticate_session("execution")
        await socket.wait_until_active(timeout_secs=10.0)
        assert socket.is_authenticated()
    for subscribe in (socket.subscribe_user_orders, socket.subscribe_user_trades, socket.subscribe_user_portfolio):
        await subscribe()
    who = (trader, strategy, hour)

    def kinds() -> list[str]:
        return [type(each).__name__ for each in heard]

    def last(kind: str) -> Any:
        return next(each for each in reversed(heard) if type(each).__name__ == kind)

    with check("submit"):
        await socket.submit_order(
            p.OrderSide.BUY, p.Quantity.from_str("8"), p.OrderType.LIMIT, p.ClientOrderId("O-1"), *who,
            price=p.Price.from_str("1.000"), time_in_force=p.TimeInForce.GTC,
        )  # fmt: skip
        await until(lambda: "OrderAccepted" in kinds(), str(heard))
    number = str(last("OrderAccepted").venue_order_id)
    with check("modify"):
        await socket.modify_order(
            number, p.Quantity.from_str("16"), p.Price.from_str("1.100"), p.ClientOrderId("O-1"), *who
        )
        await until(lambda: "OrderUpdated" in kinds(), str(heard))
    with check("open orders"):
        (report,) = await http.request_order_status_reports(account, hour, open_only=True)
        assert (str(report.venue_order_id), float(report.quantity)) == (number, 16.0), report
    with check("query"):
        count = len(heard)
        await socket.query_order(number, p.ClientOrderId("O-1"), *who)
        await until(lambda: len(heard) > count, str(heard))
    with check("cancel"):
        await socket.cancel_order(number, p.ClientOrderId("O-1"), *who)
        await until(lambda: "OrderCanceled" in kinds(), str(heard))
    with check("fill"):
        await socket.submit_order(
            p.OrderSide.BUY, p.Quantity.from_str("8"), p.OrderType.MARKET, p.ClientOrderId("O-2"), *who
        )
        await until(lambda: any("Fill" in kind for kind in kinds()), str(heard))
    with check("cancel all"):
        before = kinds().count("OrderCanceled")
        await socket.submit_order(
            p.OrderSide.BUY, p.Quantity.from_str("8"), p.OrderType.LIMIT, p.ClientOrderId("O-3"), *who,
            price=p.Price.from_str("1.000"), time_in_force=p.TimeInForce.GTC, post_only=True,
        )  # fmt: skip
        await until(lambda: kinds().count("OrderAccepted") >= 2, str(heard))
        await socket.cancel_all_orders(hour)
        await until(lambda: kinds().count("OrderCanceled") > before, str(heard))
    with check("reject"):
        await socket.submit_order(
            p.OrderSide.BUY, p.Quantity.from_str("3"), p.OrderType.LIMIT, p.ClientOrderId("O-4"), *who,
            price=p.Price.from_str("1.000"), time_in_force=p.TimeInForce.GTC,
        )  # fmt: skip
        await until(lambda: "OrderRejected" in kinds(), str(heard))
    with check("account"):
        state = await http.request_account_state(account)
        assert 900_000 < float(state.balances[0].total) < 1_000_100, state
    with check("fills"):
        fills = await http.request_fill_reports(account, hour)
        assert any(str(fill.client_order_id or "") == "O-2" or float(fill.last_qty) == 8.0 for fill in fills), fills
    with check("positions"):
        positions = await http.request_position_status_reports(account, hour)
        assert positions, "none"
    await socket.close()


asyncio.run(orders())
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
loop.run_until_complete(data())
