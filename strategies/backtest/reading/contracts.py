"""An instrument of another market as a contract of ours: a price step, a lot, and no gate in sight."""

from __future__ import annotations

import re
from decimal import Decimal

import numpy as np

from exchange.domain.catalogue import Region, Sku
from exchange.domain.instruments import Contract
from exchange.domain.units import MICROS_PER_DOLLAR
from strategies.backtest.reading.errors import BadSource

_ABROAD = Region(code="EXT", area="EXT", title="another market", time_zone="UTC")
_LAST_DAY = int(np.datetime64("2099-12-31", "D").astype(np.int64))
_CODE_MAX = 12


def foreign_contract(name: str, tick: Decimal, lot: Decimal) -> Contract:
    """``tick``: the price step in dollars for one unit; ``lot``: units a lot. Its prices are dollars a lot.

    Raises BadSource if a tick of a lot is not a whole number of micro-dollars.
    """
    code = re.sub("[^A-Z0-9]", "", name.upper())[:_CODE_MAX]
    if len(code) < 2 or not code[0].isalpha():
        code = f"X{code or 0}"[:_CODE_MAX]
    value = tick * lot
    if value <= 0 or value * MICROS_PER_DOLLAR % 1:
        raise BadSource(
            f"{name}: a tick of {tick:f} on a lot of {lot:f} is {value:f} dollars, which is not a whole number of "
            "micro-dollars: choose a larger lot"
        )
    # Not checked against what a SKU of ours may be: ticks of others are finer.
    sku = Sku.model_construct(
        code=code,
        title=name,
        gpus_per_node=1,
        memory_gb=1,
        interconnect="pcie",
        isolation="vm",
        tick_usd=value,
        gate_minutes=0,
    )
    return Contract(sku, _ABROAD, "H23", _LAST_DAY)


def price_note(name: str, lot: Decimal) -> tuple[str, ...]:
    """What is to be known of its prices."""
    return () if lot == 1 else (f"{name}: a lot is {lot:f}, and prices are of a lot",)
