"""Reader of tidy price files: every row is right, or the file is refused with the row and the reason.

A tidy file (Parquet or CSV) has the columns ``ts_utc, provider, sku, region,
price_usd_per_gpu_hour, kind``; others are left alone. Rows count from 1, the header not included.
"""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from exchange.domain.errors import GpuxError

COLUMNS = ("ts_utc", "provider", "sku", "region", "price_usd_per_gpu_hour", "kind")
FORM = f"a Parquet or CSV file with the columns {', '.join(COLUMNS)}; times in UTC, prices in dollars per GPU-hour"
PRICE_USD_MIN = 1e-4
PRICE_USD_MAX = 1e4
_OLDEST_NS, _NEWEST_NS = (int(np.datetime64(f"{year}-01-01", "ns").astype(np.int64)) for year in (2000, 2100))
_TIME_FORMATS = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d")
_TEXT_MAX = 80


class BadPrices(GpuxError):
    """A price file, or one price, that cannot be believed; the message names the row and the reason."""


class SeriesKey(NamedTuple):
    """Which prices belong together, in the provider's own words."""

    provider: str
    sku: str
    region: str
    kind: str

    def __str__(self) -> str:
        return " ".join(part for part in self if part)


class PriceSeries(NamedTuple):
    """One series: rising times, and the median price of each."""

    key: SeriesKey
    times_ns: NDArray[np.int64]
    prices: NDArray[np.float64]
    rows: int  # in the file, before rows of the same time were merged


def read_prices(path: str) -> pl.DataFrame:
    """The file as ``time_ns, provider, sku, region, kind, price_usd``, in the file's order.

    Raises BadPrices if the file cannot be read or any row is wrong.
    """
    frame = _opened(path)
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise BadPrices(f"{path}: no column {', '.join(missing)}; expected {FORM}")
    if frame.is_empty():
        raise BadPrices(f"{path}: no rows; expected {FORM}")
    tidy = frame.select(
        time_ns=_time_ns(path, frame.schema["ts_utc"]),
        provider=_text("provider"),
        sku=_text("sku"),
        region=_text("region").fill_null(""),
        kind=_text("kind"),
        price_usd=_price(path, frame.schema["price_usd_per_gpu_hour"]),
    )
    _refuse_bad_rows(path, frame, tidy)
    return tidy


def series_of(tidy: pl.DataFrame) -> list[PriceSeries]:
    """The series of a file that ``read_prices`` has read, in order of their keys."""
    names = list(SeriesKey._fields)
    merged = (
        tidy.group_by([*names, "time_ns"]).agg(pl.col("price_usd").median(), rows=pl.len()).sort([*names, "time_ns"])
    )
    return [
        PriceSeries(
            SeriesKey(*(str(part) for part in key)),
            group["time_ns"].to_numpy(),
            group["price_usd"].to_numpy(),
            int(group["rows"].sum()),
        )
        for key, group in merged.group_by(names, maintain_order=True)
    ]


def read_series(path: str) -> list[PriceSeries]:
    """Every series of a tidy file. Raises BadPrices if any row is wrong."""
    return series_of(read_prices(path))


def _opened(path: str) -> pl.DataFrame:
    try:
        with open(path, "rb") as file:
            is_parquet = file.read(4) == b"PAR1"
        if is_parquet:
            return pl.read_parquet(path)
        return pl.read_csv(path, infer_schema=False, truncate_ragged_lines=False)
    except OSError as error:
        raise BadPrices(f"{path}: cannot be read ({error.strerror or error}); expected {FORM}") from None
    except pl.exceptions.PolarsError as error:
        reason = str(error).strip().partition("\n")[0][:200]
        raise BadPrices(f"{path}: not a readable table ({reason}); expected {FORM}") from None


def _text(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.String, strict=False).str.strip_chars()


def _time_ns(path: str, kind: pl.DataType) -> pl.Expr:
    """Nanoseconds since 1970, or null where the time cannot be read."""
    if isinstance(kind, pl.Datetime | pl.Date):
        return _bounded_ns(pl.col("ts_utc").dt.epoch("us"))
    if kind not in (pl.String, pl.Categorical):
        raise BadPrices(f"{path}: column ts_utc holds {kind}, not times; expected times like 2026-03-11T04:17:38Z")
    text = _text("ts_utc").str.replace(r" ?(Z|UTC|\+00:?00)$", "").str.replace("T", " ", literal=True)
    parsed = [text.str.to_datetime(form, strict=False, time_unit="us") for form in _TIME_FORMATS]
    return _bounded_ns(pl.coalesce(parsed).dt.epoch("us"))


def _bounded_ns(time_us: pl.Expr) -> pl.Expr:
    """Microseconds as nanoseconds; a time too far away to hold is put where it will be refused."""
    return pl.when(time_us.is_between(0, _NEWEST_NS // 1000)).then(time_us * 1000).when(time_us.is_not_null()).then(0)


def _price(path: str, kind: pl.DataType) -> pl.Expr:
    """Dollars, or null where it is not a number."""
    if not (kind.is_numeric() or kind in (pl.String, pl.Categorical)):
        raise BadPrices(f"{path}: column price_usd_per_gpu_hour holds {kind}, not numbers")
    column = pl.col("price_usd_per_gpu_hour")
    return (column if kind.is_numeric() else _text("price_usd_per_gpu_hour")).cast(pl.Float64, strict=False)


def _refuse_bad_rows(path: str, frame: pl.DataFrame, tidy: pl.DataFrame) -> None:
    """Raises BadPrices for the first row that is wrong, with the first reason that applies to it."""
    price = pl.col("price_usd")
    faults = {
        "ts_utc": [
            ("is missing or not a UTC time", pl.col("time_ns").is_null()),
            ("is not between the years 2000 and 2100", ~pl.col("time_ns").is_between(_OLDEST_NS, _NEWEST_NS)),
        ],
        "price_usd_per_gpu_hour": [
            ("is missing or not a number", price.is_null() | price.is_nan()),
            ("is not above 0", price <= 0.0),
            (
                f"is not between {PRICE_USD_MIN} and {PRICE_USD_MAX:.0f} dollars a GPU-hour",
                ~price.is_between(PRICE_USD_MIN, PRICE_USD_MAX),
            ),
        ],
        "provider": [("is missing or too long", _bad_text("provider"))],
        "sku": [("is missing or too long", _bad_text("sku"))],
        "region": [("is too long", pl.col("region").str.len_chars() > _TEXT_MAX)],
        "kind": [("is missing or too long", _bad_text("kind"))],
    }
    found: list[tuple[int, int, str]] = []
    listed = [(name, reason, wrong) for name, reasons in faults.items() for reason, wrong in reasons]
    wrongs = tidy.select(
        wrong.fill_null(False).arg_true().first().alias(str(at)) for at, (_, _, wrong) in enumerate(listed)
    )
    for at, (name, reason, _) in enumerate(listed):
        row = wrongs[str(at)][0]
        if row is not None:
            found.append((row, at, f"{name} {str(frame[name][row])[:40]!r} {reason}"))
    if found:
        row, _, message = min(found)
        raise BadPrices(f"{path}: row {row + 1}: {message}")


def _bad_text(name: str) -> pl.Expr:
    length = pl.col(name).str.len_chars()
    return length.is_null() | (length == 0) | (length > _TEXT_MAX)
