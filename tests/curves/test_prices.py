"""Price files: every row right, or refused with the row and the reason."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from strategies.curves.names import canonical_region, canonical_sku
from strategies.curves.prices import BadPrices, read_prices, read_series

HEADER = "ts_utc,provider,sku,region,price_usd_per_gpu_hour,kind"
GOOD = "2026-03-11T04:17:38Z,vast,H100,,1.87,offer_median"


def refusal(tmp_path: Path, *rows: str, header: str = HEADER) -> str:
    path = tmp_path / "prices.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    with pytest.raises(BadPrices) as refused:
        read_prices(str(path))
    return str(refused.value)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2026-03-11T05:17:38Z,vast,H100,,0,offer_median", "'0' is not above 0"),
        ("2026-03-11T05:17:38Z,vast,H100,,-1.5,offer_median", "'-1.5' is not above 0"),
        ("2026-03-11T05:17:38Z,vast,H100,,NaN,offer_median", "not a number"),
        ("2026-03-11T05:17:38Z,vast,H100,,inf,offer_median", "is not between"),
        ("2026-03-11T05:17:38Z,vast,H100,,1e9,offer_median", "is not between"),
        ("2026-03-11T05:17:38Z,vast,H100,,cheap,offer_median", "'cheap' is missing or not a number"),
        ("2026-03-11T05:17:38Z,vast,H100,,,offer_median", "price_usd_per_gpu_hour"),
        ("yesterday,vast,H100,,1.5,offer_median", "ts_utc 'yesterday' is missing or not a UTC time"),
        (",vast,H100,,1.5,offer_median", "ts_utc"),
        ("2026-03-11T05:17:38+02:00,vast,H100,,1.5,offer_median", "not a UTC time"),
        ("1999-03-11,vast,H100,,1.5,offer_median", "is not between the years 2000 and 2100"),
        ("2026-03-11T05:17:38Z,,H100,,1.5,offer_median", "provider"),
        (f"2026-03-11T05:17:38Z,vast,{'H' * 81},,1.5,offer_median", "sku"),
        ("2026-03-11T05:17:38Z,vast,H100,,1.5,", "kind"),
    ],
)
def test_a_wrong_row_is_refused_with_its_number_and_the_reason(tmp_path: Path, row: str, reason: str) -> None:
    """The second row is wrong; the third is too, but the first wrong one is named."""
    message = refusal(tmp_path, GOOD, row, "nothing,vast,H100,,x,spot")
    assert "row 2:" in message
    assert reason in message


def test_a_file_of_another_form_is_refused_with_the_form_expected(tmp_path: Path) -> None:
    """Missing columns, no rows, no table, no file."""
    assert "no column region" in refusal(tmp_path, header=HEADER.replace("region", "where"))
    assert "no rows" in refusal(tmp_path)
    assert "expected a Parquet or CSV file" in refusal(tmp_path, GOOD + ",one,too,many")
    for content in (b"", b"PAR1 but not really", bytes(range(256)) * 9):
        (tmp_path / "odd").write_bytes(content)
        with pytest.raises(BadPrices, match="expected a Parquet or CSV"):
            read_prices(str(tmp_path / "odd"))
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(BadPrices, match="cannot be read"):
            read_prices(str(path))


def test_wrong_column_types_of_a_parquet_file_are_refused(tmp_path: Path) -> None:
    """Times that are numbers and prices that are times mean that the columns are mixed up."""
    names = HEADER.split(",")
    path = str(tmp_path / "typed.parquet")
    pl.DataFrame([[1], ["vast"], ["H100"], [""], [1.5], ["spot"]], schema=names, orient="col").write_parquet(path)
    with pytest.raises(BadPrices, match="ts_utc holds Int64"):
        read_prices(path)
    frame = pl.DataFrame([["2026-03-11"], ["vast"], ["H100"], [""], [0], ["spot"]], schema=names, orient="col")
    frame.with_columns(pl.col(names[4]).cast(pl.Datetime("us"))).write_parquet(path)
    with pytest.raises(BadPrices, match="price_usd_per_gpu_hour holds"):
        read_prices(path)


def test_csv_and_parquet_say_the_same_in_any_order_with_duplicates_merged(tmp_path: Path) -> None:
    """Two series, shuffled, one time given twice: rising times and the median price."""
    rows = [
        ("2026-03-11 06:00:00 UTC", "H100", 3.0),
        ("2026-03-11T05:00:00.250Z", "H100", 1.0),
        ("2026-03-11 06:00", "H100", 2.0),
        ("2026-03-11", "L40S", 0.5),
    ]
    csv = tmp_path / "prices.csv"
    csv.write_text("\n".join([HEADER, *(f"{time},vast,{sku},,{price},spot" for time, sku, price in rows)]))
    one, other = read_series(str(csv))
    second = 10**9
    start = int(np.datetime64("2026-03-11", "s").astype(np.int64)) * second
    assert one.times_ns.tolist() == [start + 5 * 3600 * second + second // 4, start + 6 * 3600 * second]
    assert one.prices.tolist() == [1.0, 2.5]
    assert (one.rows, str(one.key), other.prices.tolist()) == (3, "vast H100 spot", [0.5])

    frame = pl.read_csv(csv).with_columns(ts_utc=pl.lit("2026-03-11T05:00").str.to_datetime(time_zone="UTC"))
    frame.with_columns(pl.col("sku").cast(pl.Categorical)).write_parquet(tmp_path / "prices.parquet")
    again = read_series(str(tmp_path / "prices.parquet"))
    assert [series.prices.tolist() for series in again] == [[2.0], [0.5]]
    assert again[0].times_ns.tolist() == [start + 5 * 3600 * second]


@pytest.mark.parametrize(
    ("name", "sku"),
    [
        ("H100", "H100SXM"),
        ("H100SXM", "H100SXM"),
        ("H100_80GB_SXM5", "H100SXM"),
        ("H100 (p5.48xlarge)", "H100SXM"),
        ("H100_80GB_PCIe", "H100PCIE"),
        ("H100PCIE", "H100PCIE"),
        ("H100SXMIB", "H100SXMIB"),
        ("H200_141GB", "H200SXM"),
        ("B200 (p6-b200.48xlarge)", "B200SXM"),
        ("GB200NVL", "GB200NVL"),
        ("A100-80GB (a2-ultragpu-1g)", "A100SXM80"),
        ("A100_80GB_PCIe", "A100PCIE80"),
        ("RTX 4090", "RTX4090"),
        ("L40S (g6e.xlarge)", "L40S"),
        ("A100-40GB (p4d.24xlarge)", None),
        ("GH200_96GB", None),
        ("H100#2", None),
        ("K520 (g2.2xlarge)", None),
    ],
)
def test_plain_names_are_understood_and_others_are_not_guessed(name: str, sku: str | None) -> None:
    """Providers' names of machines."""
    assert canonical_sku(name) == sku


def test_places_are_understood() -> None:
    """Zones of two clouds, a canonical code, and a place without one."""
    names = [
        "us-east-1a",
        "us-central1",
        "us-west2",
        "eu-north-1",
        "europe-west4",
        "asia-northeast1",
        "USE",
        "me-west1",
    ]
    assert [canonical_region(name) for name in names] == ["USE", "USC", "USW", "EUN", "EUW", "APN", "USE", None]


def test_all_real_price_files_are_read(data_dir: Path) -> None:
    """Each row of the four files passes, and the known series are there."""
    rows = {path.name: read_prices(str(path)).height for path in sorted((data_dir / "prices").glob("*.parquet"))}
    assert rows["vast_runpod_lambda_2026.parquet"] == 61_433
    assert rows["aws_g2_spot_2015_mar_jun.parquet"] == 27_265
    assert rows["gcp_gpu_prices_2022_2025h1.parquet"] == 224_432
    assert rows["cross_section_2025-10-24.parquet"] == 2_523
