"""``gpux index SKU``: the daily index made again from the journal alone."""

from __future__ import annotations

import json

from rich.console import Console
from rich.table import Table

from exchange.clearing.index_price import DailyIndex, Fixing, daily_index, fixing_of
from exchange.daily.sheet import index_entry
from exchange.domain.catalogue import Sku
from exchange.domain.dates import NS_PER_DAY
from exchange.domain.enums import EventKind
from exchange.domain.errors import BadSymbol
from exchange.domain.instruments import parse_symbol
from exchange.domain.records import Rows
from exchange.engine import Engine
from exchange.wire.events import event_tuples


class Fixings:
    """Follows a journal and keeps the fixings of one SKU."""

    def __init__(self, sku: Sku) -> None:
        self._sku = sku
        self._fixings: list[Fixing] = []
        self._time_ns = 0

    def hear(self, engine: Engine, commands: Rows, events: Rows) -> None:
        """Note the fixings among ``events``. ``engine`` has applied them."""
        self._time_ns = int(commands["time_ns"][-1])
        for event in event_tuples(events[events["kind"] == EventKind.FIXING]):
            try:
                contract = parse_symbol(engine.contract(event.contract).symbol)
            except BadSymbol:
                continue
            if contract.sku == self._sku:
                self._fixings.append(fixing_of(contract, event))

    def index(self, day: int | None) -> DailyIndex:
        """Of a date of delivery, or of the journal's last day."""
        return daily_index(self._sku, self._time_ns // NS_PER_DAY if day is None else day, self._fixings)


def show(out: Console, index: DailyIndex, as_json: bool) -> None:
    entry = index_entry(index)
    if as_json:
        print(json.dumps(entry), flush=True)
        return
    price = "no price" if entry["price"] is None else f"$ {entry['price']} a GPU-hour"
    table = Table("contract", title=f"{entry['sku']}, {entry['day']} UTC: {price}, by {entry['method']}")
    for heading in ("fixing $", "made from", "lots in its last hour"):
        table.add_column(heading, justify="right")
    for made_from in entry["inputs"]:
        cells = (f"{made_from['price']:g}", made_from["method"], f"{made_from['lots']:,}")
        table.add_row(made_from["instrument_name"], *cells)
    out.print(table)
