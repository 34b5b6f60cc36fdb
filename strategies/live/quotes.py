"""What a running exchange shows of one place now: every book, and last prices with their times."""

import asyncio
from collections.abc import Callable

from exchange.client import Client
from exchange.domain.errors import GpuxError
from exchange.domain.instruments import Contract, parse_symbol
from exchange.wire.contracts import Instrument
from exchange.wire.messages import Ticker
from strategies.curves.observing import Feeder, Observation
from strategies.curves.quoted import Quoted
from strategies.live.dialect import NS_PER_MS

_STATES = ("open", "preopen", "closing", "volatility")


class NotListed(GpuxError):
    """The exchange has no contract there; the message says where it has."""


async def read_quotes(
    url: str, sku: str, region: str, clock_ns: Callable[[], int]
) -> tuple[tuple[Quoted, ...], list[Observation]]:
    """What stands in the books of a place, and what of it says where the price is.

    Raises NotListed, and ClientError if the exchange cannot be reached or refuses.
    """
    async with Client(url) as client:
        listed = await client.instruments()
        contracts = _contracts(listed, sku, region, url)
        feeder = Feeder()
        tickers = await asyncio.gather(*(client.ticker(contract.symbol) for contract in contracts))
        books = zip(contracts, tickers, strict=True)
        seen = [_book(feeder, contract, ticker) for contract, ticker in books]
        traded = [contract for contract, ticker in zip(contracts, tickers, strict=True) if ticker.last_price]
        lasts = await asyncio.gather(*(client.trades(contract.symbol, 1) for contract in traded))
    for contract, trades in zip(traded, lasts, strict=True):
        seen += [feeder.trade(contract, trade.price, trade.timestamp * NS_PER_MS) for trade in trades]
    return feeder.quotes(sku, region, clock_ns()), [look for look in seen if look is not None]


def _contracts(listed: list[Instrument], sku: str, region: str, url: str) -> list[Contract]:
    """Those of the place that trade, or gather orders to trade."""
    every = [(one, parse_symbol(one.instrument_name)) for one in listed]
    found = [one for one, contract in every if (contract.sku.code, contract.region.code) == (sku, region)]
    if not found:
        places = sorted({f"{contract.sku.code}@{contract.region.code}" for _, contract in every})
        raise NotListed(
            f"the exchange at {url} lists nothing of {sku}@{region}; it lists {', '.join(places) or 'none'}"
        )
    return [parse_symbol(one.instrument_name) for one in found if one.state in _STATES]


def _book(feeder: Feeder, contract: Contract, ticker: Ticker) -> Observation | None:
    bid_usd, ask_usd = ticker.best_bid_price or None, ticker.best_ask_price or None
    if ticker.state != "open" and bid_usd and ask_usd and bid_usd > ask_usd:
        # Orders that wait for an auction may cross; where it would trade is one price.
        bid_usd = ask_usd = ticker.indicative.price or None if ticker.indicative else None
    return feeder.book(contract, bid_usd, ask_usd, ticker.timestamp * NS_PER_MS)
