"""The synthetic price file that ships with the package: drawn from the shipped parameters, byte for byte."""

from importlib import resources

import numpy as np

from exchange.domain.units import NS_PER_SECOND
from strategies.curves.parameter_file import shipped_parameters
from strategies.curves.prices import COLUMNS
from strategies.curves.simulate import simulate_at

SAMPLE_SEED = 20260311
_START_NS = int(np.datetime64("2026-03-11T00:00:00", "ns").astype(np.int64))
_PRICES = 800
_GAP_HOURS = 0.8
_REGION = "USE"


def sample_csv(seed: int = SAMPLE_SEED) -> bytes:
    """A tidy price file of every fitted canonical SKU at irregular times, as a marketplace is looked at."""
    rng = np.random.default_rng(seed)
    lines = [",".join(COLUMNS)]
    for model in shipped_parameters().models:
        if model.region:
            continue
        # Whole seconds, and not below one: as the times of a scraper.
        gaps_s = 1 + np.floor(rng.exponential(_GAP_HOURS * 3600.0, _PRICES)).astype(np.int64)
        times_ns = _START_NS + np.cumsum(gaps_s) * NS_PER_SECOND
        prices = simulate_at(model.parameters, times_ns, rng)[0]
        times = np.datetime_as_string(times_ns.astype("datetime64[ns]"), unit="s")
        rows = zip(times, prices, strict=True)
        lines += [f"{time}Z,synthetic,{model.sku},{_REGION},{price:.4f},spot" for time, price in rows]
    return ("\n".join(lines) + "\n").encode("ascii")


def sample_path() -> str:
    """Where the shipped sample lies, for ``gpux fit`` and the examples."""
    return str(resources.files("strategies.curves").joinpath("data", "sample.csv"))
