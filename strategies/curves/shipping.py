"""Makes the two files that ship in ``data``: parameters fitted to real prices, and a sample drawn from them.

    python -m strategies.curves.shipping DIRECTORY_OF_PRICES

No price of the directory goes into the package: only what was learnt from them.
"""

import sys
from collections.abc import Sequence
from math import exp

from exchange.domain.catalogue import CATALOGUE
from strategies.curves.calibration import jumps, listed, pooled, shared_variance, steps, surprises
from strategies.curves.fit import SeriesFit, fit_file
from strategies.curves.levels import Levels, levels_of
from strategies.curves.parameter_file import (
    Comovement,
    FittedModel,
    ParameterFile,
    RegionLevel,
    ScaledModel,
    write_parameters,
)
from strategies.curves.prices import read_prices, read_series
from strategies.curves.sample import sample_csv, sample_path

_NOTE = (
    "Fitted by maximum likelihood to public prices; see strategies/curves/shipping.py. Levels stand for an average "
    "region. H100 of the marketplace is mostly SXM, with some NVL and PCIe among it."
)
_MARKETPLACE = ("vast_runpod_lambda_2026.parquet", ("H100", "H200", "B200"))
_AUCTION = ("aws_g2_spot_2015_mar_jun.parquet", "us-east-1e")
_LISTS = "gcp_gpu_prices_2022_2025h1.parquet"
_DAY = "cross_section_2025-10-24.parquet"

# The level of what is fitted is this source's, so what is not is put where this source would list it.
_STANDS = "vast offer_median 2026"
_MIXED = "price lists of 14 providers, October 2025 and March to August 2026: mixed effects (levels)"
_ASSUMED = (
    ("GB200NVL", 1.7, "ratio of a large provider's public list prices, 2025; not measured here"),
    ("MI300X", 0.85, "assumed from public list prices, 2025; not measured here"),
)
_SHORT = (
    "surprises of Vast's offer_median of H100, H200 and B200, 2026, and of AWS spot g2.2xlarge in two zones, 2015, "
    "every 3 hours; zones of one region stand for regions"
)
_LONG = "moves of Google Cloud's spot price lists in 7 regions, May 2023 to June 2025, every 4 weeks"
_JUMPS = f"surprises beyond 2.5 deviations that come together: {_SHORT}"


def refitted(directory: str) -> ParameterFile:
    """The shipped parameters, fitted again. Raises BadPrices if a price file is missing or wrong."""
    file, skus = _MARKETPLACE
    marketplace = [fit_file(f"{directory}/{file}", provider="vast", sku=sku, kind="offer_median") for sku in skus]
    file, region = _AUCTION
    auction = fit_file(f"{directory}/{file}", region=region)
    models = tuple(model for report in (*marketplace, auction) for model in report.parameter_file().models)
    levels = _levels(directory)
    regions = [(code, levels.region(code)) for code in CATALOGUE.regions]
    return ParameterFile(
        note=_NOTE,
        models=models,
        scaled=_scaled(levels, models),
        regions=tuple(
            RegionLevel(region=code, ratio=round(exp(level.log), 3), error=round(level.error, 3), source=_MIXED)
            for code, level in regions
        ),
        comovement=_comovement(directory, [report.fits[0] for report in marketplace], auction.fits[0], levels),
    )


def _levels(directory: str) -> Levels:
    """Of one day, and of the marketplaces' series."""
    day = listed(read_prices(f"{directory}/{_DAY}"), ("spot", "on_demand", "offer_min"))
    series = read_prices(f"{directory}/{_MARKETPLACE[0]}")
    return levels_of([*day, *listed(series, ("on_demand", "spot", "offer_median"), " 2026")])


def _scaled(levels: Levels, models: Sequence[FittedModel]) -> tuple[ScaledModel, ...]:
    """Each canonical SKU that has no model of its own, beside the H100."""
    base = next(model.parameters.level_usd for model in models if model.sku == "H100SXM")
    fitted, assumed = {model.sku for model in models}, {sku: (ratio, source) for sku, ratio, source in _ASSUMED}
    found = []
    for sku in CATALOGUE.skus:
        level = levels.sku(sku, _STANDS)
        ratio, source = assumed.get(sku, (exp(level.log) / base, _MIXED))
        if sku not in fitted:
            error = levels.opinion_error if sku in assumed else level.error
            found.append(
                ScaledModel(sku=sku, of="H100SXM", ratio=round(ratio, 3), error=round(error, 3), source=source)
            )
    return tuple(found)


def _comovement(directory: str, marketplace: Sequence[SeriesFit], auction: SeriesFit, levels: Levels) -> Comovement:
    assert auction.curve is not None
    offers = [surprises(fit.series, fit.curve.parameters) for fit in marketplace if fit.curve is not None]
    zones = [surprises(series, auction.curve.parameters) for series in read_series(f"{directory}/{_AUCTION[0]}")]
    skus, worldwide = [fit.series.key.sku for fit in marketplace], [f"of {fit.series.key.sku}" for fit in marketplace]
    one, other = ["K520"] * len(zones), [f"zone {number}" for number in range(len(zones))]
    return Comovement(
        short=shared_variance(pooled([(offers, skus, worldwide), (zones, one, other)]), _SHORT),
        long=shared_variance(pooled([steps(read_prices(f"{directory}/{_LISTS}"), "spot")]), _LONG),
        jumps=shared_variance(
            pooled(
                [([jumps(each) for each in offers], skus, worldwide), ([jumps(each) for each in zones], one, other)]
            ),
            _JUMPS,
        ),
        place_error=round(levels.place_error, 3),
    )


if __name__ == "__main__":
    write_parameters(sample_path().replace("sample.csv", "parameters.json"), refitted(sys.argv[1]))
    with open(sample_path(), "wb") as sample:
        sample.write(sample_csv())
