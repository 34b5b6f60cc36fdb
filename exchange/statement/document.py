"""A statement as JSON and as CSV: money is exact decimals of dollars as text, so that it sums to the micro-dollar."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np

from exchange.domain.units import NS_PER_HOUR, dollars
from exchange.statement.day import Day
from exchange.statement.hours import Hours

_NS_PER_MS = 10**6
DAY_COLUMNS = (
    "timestamp", "sequence", "what", "contract_or_party", "lots", "gpu_hours", "notional", "fee", "cash", "balance"
)  # fmt: skip
HOUR_COLUMNS = ("hour", "what", "lots", "gpu_hours", "spent", "left")
_TIMES = ("timestamp", "hour")
_MS_PER_HOUR = NS_PER_HOUR // _NS_PER_MS


def of_day(day: Day) -> dict[str, Any]:
    """Every entry; ``opening`` and the ``cash`` of all rows make ``closing``."""
    return {
        "day": day.date,
        "opening": dollars(day.opening_micros),
        "closing": dollars(day.closing_micros),
        "fees": dollars(day.fees_micros),
        "rows": [
            {
                "timestamp": entry.time_ns // _NS_PER_MS,
                "sequence": entry.sequence,
                "what": entry.what,
                "contract_or_party": entry.contract,
                "lots": entry.lots,
                "gpu_hours": entry.gpu_hours,
                "notional": dollars(entry.notional_micros),
                "fee": dollars(entry.fee_micros),
                "cash": dollars(entry.cash_micros),
                "balance": dollars(entry.balance_micros),
            }
            for entry in day.entries
        ],
    }


def of_hours(hours: Hours) -> dict[str, Any]:
    """Every hour; ``to_spend`` less the ``spent`` of all rows, and ``other``, make ``closing``."""
    return {
        "day": hours.day.date,
        "opening": dollars(hours.day.opening_micros),
        "closing": dollars(hours.day.closing_micros),
        "to_spend": dollars(hours.to_spend_micros),
        "spent": dollars(hours.spent_micros),
        "other": dollars(hours.other_micros),
        "used": hours.used if hours.has_credit else None,
        "rows": [
            {
                "hour": line.hour * _MS_PER_HOUR,
                "what": line.what,
                "lots": line.lots,
                "gpu_hours": line.gpu_hours,
                "spent": dollars(line.spent_micros),
                "left": dollars(line.left_micros),
            }
            for line in hours.lines
        ],
    }


def as_csv(document: dict[str, Any]) -> str:
    """The rows of a document, with times in ISO 8601."""
    out = io.StringIO()
    writer = csv.DictWriter(out, HOUR_COLUMNS if "spent" in document else DAY_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in document["rows"]:
        writer.writerow({name: _time(cell) if name in _TIMES else cell for name, cell in row.items()})
    return out.getvalue()


def _time(millis: int) -> str:
    return f"{np.datetime64(millis, 'ms')}Z"
