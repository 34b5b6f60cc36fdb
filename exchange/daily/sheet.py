"""The page that a day leaves: what was found and on what grounds, as text that anybody can make again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from exchange.clearing.index_price import DailyIndex, IndexMethod
from exchange.daily.facts import DayFacts
from exchange.daily.plan import Schedule, owed_micros
from exchange.domain.dates import date_of
from exchange.domain.units import dollars


def index_entry(index: DailyIndex) -> dict[str, Any]:
    """The index of a SKU with everything that it was computed from; prices are dollars a GPU-hour."""
    has_price = index.method != IndexMethod.NONE
    return {
        "sku": index.sku.code,
        "day": date_of(index.day),
        "price": float(index.price_ticks * index.sku.tick_usd) if has_price else None,
        "method": index.method.name.lower(),
        "lots": index.lots,
        "regions": index.regions,
        "hours": index.hours,
        "inputs": [
            {
                "instrument_name": fixing.contract.symbol,
                "price": fixing.contract.price_usd(fixing.price_ticks),
                "method": fixing.method.name.lower(),
                "lots": fixing.lots,
            }
            for fixing in index.inputs
        ],
    }


def sheet(facts: DayFacts, schedule: Schedule, names: Sequence[str]) -> str:
    """All of a day as JSON. ``names`` are those of the accounts, by number. Money is exact decimals of dollars."""
    owed = owed_micros(schedule, facts)
    makers = [
        {
            "account": names[account],
            "met_ns": score.met_ns,
            "open_ns": score.open_ns,
            "maker_volume_usd": dollars(facts.maker_volumes_micros.get(account, 0)),
            "rebate_owed_usd": dollars(owed.get(account, 0)),
        }
        for account, score in facts.scores.items()
    ]
    page = {
        "day": date_of(facts.day),
        "sequence": facts.sequence,
        "fees_usd": dollars(facts.fees_micros),
        "volumes_30_days_usd": {names[account]: dollars(micros) for account, micros in facts.volumes_micros.items()},
        "makers": makers,
        "indexes": [index_entry(index) for index in facts.indexes],
    }
    return json.dumps(page, indent=1) + "\n"
