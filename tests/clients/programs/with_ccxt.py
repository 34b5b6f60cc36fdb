"""ccxt's Deribit client over HTTP, unmodified, against another address."""

from __future__ import annotations

import time

import ccxt
from reporting import address, check

where = address()
first, second = where["symbols"]
venue = ccxt.deribit({"apiKey": where["client_id"], "secret": where["client_secret"]})
venue.urls["api"] = {"rest": f"http://{where['host']}:{where['port']}"}
venue.options["code"] = "USD"


def symbol_of(name: str) -> str:
    return next(market["symbol"] for market in venue.markets.values() if market["id"] == name)


with check("markets"):
    markets = venue.load_markets()
    names = {market["id"] for market in markets.values()}
    listed = venue.publicGetGetInstruments({"currency": "any"})["result"]
    assert names == {one["instrument_name"] for one in listed}, "two instruments became one market"
    hour = venue.market(symbol_of(first))
    assert (hour["contractSize"], hour["quote"], hour["settle"]) == (8, "USD", "USD"), hour
    assert hour["future"]
    assert hour["expiry"] % 3_600_000 == 0
one, other = symbol_of(first), symbol_of(second)

with check("time and status"):
    assert abs(venue.fetch_time() - time.time() * 1000) < 5_000
    assert venue.fetch_status()["status"] == "ok"

with check("currencies"):
    assert "USD" in venue.fetch_currencies()

with check("book"):
    book = venue.fetch_order_book(one)
    assert 1.97 < book["bids"][0][0] < 2 < book["asks"][0][0] < 2.03, book
    assert len(book["bids"]) >= 3

with check("ticker"):
    ticker = venue.fetch_ticker(one)
    assert ticker["bid"] < ticker["ask"], ticker
    assert ticker["last"] > 1.9, ticker

with check("tickers"):
    tickers = venue.fetch_tickers([one, other])
    assert tickers[one]["bid"] < tickers[one]["ask"], tickers[one]

with check("trades"):
    trades = venue.fetch_trades(one, limit=2)
    assert len(trades) == 2
    assert {trade["amount"] for trade in trades} == {8.0}
    assert {trade["side"] for trade in trades} <= {"buy", "sell"}
    since = venue.fetch_trades(one, since=trades[0]["timestamp"])
    assert trades[0]["id"] in {trade["id"] for trade in since}

with check("candles"):
    candles = venue.fetch_ohlcv(one, "1m", since=venue.milliseconds() - 600_000)
    start, opened, high, low, close, volume = candles[-1]
    assert start % 60_000 == 0
    assert low <= min(opened, close) <= max(opened, close) <= high
    assert volume > 0

with check("create"):
    resting = venue.create_order(one, "limit", "buy", 8, 1.0, {"label": "visitor"})
    assert resting["status"] == "open", resting
    assert (resting["price"], resting["amount"], resting["filled"]) == (1.0, 8.0, 0.0)
    assert resting["info"]["label"] == "visitor"

with check("edit"):
    edited = venue.edit_order(resting["id"], one, "limit", "buy", 16, 1.1)
    assert (edited["id"], edited["price"], edited["amount"]) == (resting["id"], 1.1, 16.0), edited

with check("open orders"):
    assert [order["id"] for order in venue.fetch_open_orders(one)] == [resting["id"]]
    assert [order["id"] for order in venue.fetch_open_orders()] == [resting["id"]]
    assert venue.fetch_order(resting["id"])["status"] == "open"

with check("cancel"):
    venue.cancel_order(resting["id"])
    assert venue.fetch_order(resting["id"])["status"] == "canceled"
    assert venue.fetch_open_orders(one) == []

with check("fills"):
    bought = venue.create_order(one, "limit", "buy", 8, 2.1, {"time_in_force": "immediate_or_cancel"})
    assert (bought["status"], bought["filled"]) == ("closed", 8.0), bought
    sold = venue.create_order(other, "market", "sell", 8)
    assert (sold["status"], sold["filled"]) == ("closed", 8.0), sold
    assert 1.9 < sold["average"] < 2.0

with check("post only"):
    posted = venue.create_order(one, "limit", "sell", 8, 3.0, {"postOnly": True})
    assert posted["postOnly"]
    venue.cancel_order(posted["id"])

with check("my trades"):
    mine = venue.fetch_my_trades(one)
    assert [trade["order"] for trade in mine] == [bought["id"]], mine
    assert mine[0]["takerOrMaker"] == "taker"
    assert mine[0]["fee"]["cost"] > 0
    everywhere = venue.fetch_my_trades()
    assert {trade["order"] for trade in everywhere} == {bought["id"], sold["id"]}
    assert [trade["order"] for trade in venue.fetch_order_trades(bought["id"])] == [bought["id"]]
    later = venue.fetch_my_trades(one, since=mine[0]["timestamp"])
    assert [trade["id"] for trade in later] == [mine[0]["id"]]

with check("closed orders"):
    closed = {order["id"]: order["status"] for order in venue.fetch_closed_orders(one)}
    assert closed[bought["id"]] == "closed", closed
    assert bought["id"] in {order["id"] for order in venue.fetch_closed_orders()}

with check("balance"):
    balance = venue.fetch_balance()
    assert 999_000 < balance["USD"]["total"] < 1_000_100, balance["USD"]
    # What is held is worth what it is worth now.
    assert abs(venue.fetch_balance({"code": "USD"})["USD"]["total"] - balance["USD"]["total"]) < 10

with check("positions"):
    position = venue.fetch_position(one)
    assert (position["side"], float(position["info"]["size"])) == ("long", 8.0), position
    held = {each["symbol"]: each["side"] for each in venue.fetch_positions()}
    assert (held[one], held[other]) == ("long", "short"), held

with check("accounts"):
    assert len(venue.fetch_accounts()) >= 1

with check("cancel all"):
    for price in (1.0, 1.01):
        venue.create_order(one, "limit", "buy", 8, price)
    venue.create_order(other, "limit", "buy", 8, 1.0)
    venue.cancel_all_orders(one)
    assert venue.fetch_open_orders(one) == []
    assert len(venue.fetch_open_orders(other)) == 1
    venue.cancel_all_orders()
    assert venue.fetch_open_orders(other) == []

with check("refusals"):
    for wrong, error in (
        (lambda: venue.create_order(one, "limit", "buy", 3, 1.0), ccxt.ExchangeError),
        (lambda: venue.fetch_order("987654321"), ccxt.OrderNotFound),
        (lambda: venue.create_order(one, "limit", "buy", 8_000_000, 2.0), ccxt.InsufficientFunds),
    ):
        try:
            wrong()
        except error:
            continue
        raise AssertionError(f"no {error.__name__}")

with check("wrong secret"):
    stranger = ccxt.deribit({"apiKey": where["client_id"], "secret": "wrong"})
    stranger.urls["api"] = venue.urls["api"]
    stranger.markets = venue.markets
    try:
        stranger.fetch_balance()
    except ccxt.AuthenticationError:
        pass
    else:
        raise AssertionError("a wrong signature was taken")
