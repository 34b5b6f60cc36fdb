"""Price curves: what a GPU-hour is worth in each hour to come, and how surely."""

from strategies.curves.curve import Curve, load_curves, shipped_curves
from strategies.curves.fit import FitReport, fit_file
from strategies.curves.forward import Forward
from strategies.curves.model import Parameters
from strategies.curves.place_curve import PlaceCurve
from strategies.curves.prices import BadPrices, PriceSeries, read_series
from strategies.curves.report import render
from strategies.curves.simulate import simulate, simulate_at

__all__ = [
    "BadPrices",
    "Curve",
    "FitReport",
    "Forward",
    "Parameters",
    "PlaceCurve",
    "PriceSeries",
    "fit_file",
    "load_curves",
    "read_series",
    "render",
    "shipped_curves",
    "simulate",
    "simulate_at",
]
