"""What is left unexplained, as figures: surprises, and prices foretold before they were learnt from."""

from itertools import zip_longest

import numpy as np
from matplotlib.figure import Figure
from scipy.special import ndtri

from strategies.curves.filtering import Floats
from strategies.curves.fit_page.axes import BLUE, GRAY, RED, framed, legend_above
from strategies.curves.held_out import HORIZONS_MAX, HeldOut
from strategies.curves.words import hours_text

_QUANTILES = 60
_LAGS = 24
_BINS = 10


def scores_figure(scores: Floats) -> Figure:
    """Quantiles of surprises against those of a normal law, and how each is correlated with those before."""
    figure, (left, right) = framed(3.0, 2)
    levels = (np.arange(min(_QUANTILES, scores.size)) + 0.5) / min(_QUANTILES, scores.size)
    normal, found = ndtri(levels), np.quantile(scores, levels)
    left.plot(normal, normal, color="black", lw=0.8)
    left.plot(normal, found, ".", color=BLUE, ms=4)
    left.set_xlabel("quantile of a normal law")
    left.set_ylabel("quantile of the surprises")
    lags = np.arange(1, min(_LAGS, scores.size // 4) + 1)
    right.bar(lags - 0.2, correlations(scores, lags.size), 0.4, color=BLUE, label="of surprises")
    right.bar(lags + 0.2, correlations(scores**2, lags.size), 0.4, color=GRAY, label="of their squares")
    usual = 2.0 / np.sqrt(scores.size)
    for bound in (-usual, usual):
        right.axhline(bound, color="black", lw=0.8, ls="--")
    right.axhline(0.0, color="black", lw=0.6)
    right.set_xlabel("prices before")
    right.set_ylabel("correlation")
    legend_above(right, 2)
    return figure


def correlations(values: Floats, lags: int) -> Floats:
    """(lags,) sample autocorrelations from lag 1 on."""
    apart = values - values.mean()
    total = max(float(apart @ apart), 1e-300)
    return np.array([float(apart[lag:] @ apart[:-lag]) / total for lag in range(1, lags + 1)])


def held_out_figure(found: tuple[HeldOut, ...]) -> Figure:
    """The probability integral transform at each horizon, which is flat if the laws are right."""
    figure, every = framed(2.4, HORIZONS_MAX)
    for axes, one in zip_longest(every, found):
        if one is None:
            axes.set_axis_off()
            continue
        axes.bar((np.arange(_BINS) + 0.5) / _BINS, one.histogram(_BINS), 0.94 / _BINS, color=BLUE)
        axes.axhline(1.0, color=RED, lw=1.0, ls="--")
        axes.set_title(f"{hours_text(one.horizon_hours)} ahead", loc="left", fontsize=9)
        axes.set_xlabel("given to lower prices than came")
    every[0].set_ylabel("how often, 1 if right")
    return figure
