"""A forward curve where nobody gives one: each hour costs what others bid and offer, and is as sure as history says.

One's own quotes are left out, or a maker who is alone would follow himself. Where others do not show both
sides the last trade counts, and before the first what history foresees.
"""

from dataclasses import replace

import numpy as np

from exchange.domain.enums import Side
from exchange.domain.instruments import Contract
from exchange.domain.units import NS_PER_HOUR, NS_PER_SECOND
from strategies.base import Context
from strategies.curves import Curve

_REFRESH_NS = 60 * NS_PER_SECOND


class MarketCurve:
    """A ``CurveSource`` for the participant whose desk it follows. Without ``history`` nothing is in doubt."""

    def __init__(self, contracts: tuple[Contract, ...], history: Curve | None = None) -> None:
        self._hours = {
            (contract.sku.code, contract.region.code, contract.start_ns): contract
            for contract in contracts
            if not contract.is_strip
        }
        self._history = history
        self._ctx: Context | None = None
        self._foreseen: dict[tuple[str, str], dict[int, tuple[float, float]]] = {}
        self._beat = -1

    @property
    def history_ns(self) -> int:
        """When what history says was asked; 0 without any."""
        return self._history.time_ns if self._history is not None else 0

    def follow(self, ctx: Context) -> None:
        """Look at the market as this desk sees it."""
        self._ctx = ctx

    def __call__(self, contract: Contract, time_ns: int) -> "SeenThere":
        return SeenThere(self, contract.sku.code, contract.region.code, time_ns)

    def quoted_usd(self, place: tuple[str, str], hour_start_ns: int) -> float:
        """What the hour trades at; 0 if the market does not say."""
        contract = self._hours.get((*place, hour_start_ns))
        if contract is None or self._ctx is None:
            return 0.0
        bid_ticks = self._ctx.best_other(contract, Side.BUY)
        ask_ticks = self._ctx.best_other(contract, Side.SELL)
        is_quoted = 0 < bid_ticks < ask_ticks
        ticks = (bid_ticks + ask_ticks) / 2 if is_quoted else self._ctx.book(contract).last_price_ticks
        return ticks * contract.price_usd(1)

    def foreseen(self, place: tuple[str, str], hour_start_ns: int, time_ns: int) -> tuple[float, float]:
        """Price and deviation from history alone, both in dollars; 0 and 0 where there is none."""
        if self._history is None or place not in self._history:
            return 0.0, 0.0
        beat = time_ns // _REFRESH_NS
        if beat != self._beat:
            self._beat, self._foreseen = beat, {}
        if place not in self._foreseen:
            starts = sorted({start_ns for *where, start_ns in self._hours if (where[0], where[1]) == place})
            curve = replace(self._history[place], time_ns=beat * _REFRESH_NS)
            seen = curve.forward(np.maximum(np.array(starts, np.int64), beat * _REFRESH_NS))
            both = zip(seen.prices.tolist(), seen.deviations.tolist(), strict=True)
            self._foreseen[place] = dict(zip(starts, both, strict=True))
        return self._foreseen[place].get(hour_start_ns, (0.0, 0.0))


class SeenThere:
    """The curve of one place at one time; a ``Curve`` of ``strategies.base``."""

    def __init__(self, market: MarketCurve, sku: str, region: str, time_ns: int) -> None:
        self._market = market
        self._place = sku, region
        self._time_ns = time_ns

    def price(self, hour_start_ns: int) -> float:
        hour_ns = hour_start_ns // NS_PER_HOUR * NS_PER_HOUR
        quoted = self._market.quoted_usd(self._place, hour_ns)
        return quoted or self._market.foreseen(self._place, hour_ns, self._time_ns)[0]

    def deviation(self, hour_start_ns: int) -> float:
        """History's, as a share of the price."""
        foreseen, deviation = self._market.foreseen(self._place, hour_start_ns, self._time_ns)
        return deviation / foreseen * self.price(hour_start_ns) if foreseen else 0.0
