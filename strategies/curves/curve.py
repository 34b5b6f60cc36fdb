"""The curve of a whole market: what any hour of any SKU in any region is worth, how surely, and what moves with it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from exchange.domain.catalogue import CATALOGUE
from exchange.domain.instruments import Contract
from strategies.curves.covariance import Factors
from strategies.curves.filtering import Floats
from strategies.curves.market import Market, market_of
from strategies.curves.model import Parameters
from strategies.curves.parameter_file import Comovement, ParameterFile, read_parameters, shipped_parameters
from strategies.curves.place_curve import PlaceCurve
from strategies.curves.shocks import Shared
from strategies.curves.structure import Place, comoving_of, doubts_of
from strategies.curves.surface import Surface


@dataclass(frozen=True)
class Curve(Mapping[Place, PlaceCurve]):
    """A curve for each (SKU, region), and how they move together. Immutable: ``observe`` returns another."""

    curves: Mapping[Place, PlaceCurve]
    comovement: Comovement = field(default_factory=Comovement)
    doubts: Shared | None = None  # of the levels of places before their own prices are seen, in the order of ``curves``
    horizon_hours: float = 1.0  # over which ``covariance`` is asked for: how long it takes to close a position

    def __getitem__(self, place: Place) -> PlaceCurve:
        return self.curves[place]

    def __iter__(self) -> Iterator[Place]:
        return iter(self.curves)

    def __len__(self) -> int:
        return len(self.curves)

    @property
    def time_ns(self) -> int:
        """When the last price was seen anywhere."""
        return max(curve.time_ns for curve in self.curves.values())

    def observe(self, place: Place, time_ns: int, price: float) -> "Curve":
        """The curve after seeing ``price`` there. Raises KeyError for a place without a curve."""
        return self._with(place, self.curves[place].observe(time_ns, price))

    def observe_forward(
        self, place: Place, time_ns: int, hour_start_ns: int, price: float, deviation: float
    ) -> "Curve":
        """The curve after seeing there what a later hour trades at; see ``PlaceCurve.observe_forward``."""
        return self._with(place, self.curves[place].observe_forward(time_ns, hour_start_ns, price, deviation))

    def forward(self, hours_start_ns: NDArray[np.int64]) -> Surface:
        """Expected prices and their deviations, (places, hours) each, of (hours,) delivery hours."""
        prices, deviations = self.market.forward(hours_start_ns)
        for row in self._foretold:
            prices[row], deviations[row] = self.curves[self.market.places[row]].forward(hours_start_ns)
        return Surface(prices, deviations)

    def draws(self, hours_start_ns: NDArray[np.int64], paths: int, seed: int) -> Floats:
        """(paths, places, hours) prices of joint scenarios at rising hours; the same for the same ``seed``.

        Where a place foretells from what was seen of it, its draws keep their ranks and take that law's quantiles.
        """
        drawn = self.market.draws(hours_start_ns, paths, seed)
        levels = (np.arange(paths) + 0.5) / paths
        for row in self._foretold:
            curve = self.curves[self.market.places[row]]
            for column, hour_ns in enumerate(np.asarray(hours_start_ns).tolist()):
                order = np.argsort(drawn[:, row, column], kind="stable")
                drawn[order, row, column] = curve.law(hour_ns).quantiles(levels)
        return drawn

    def factors(self, places: Sequence[Place], hours_start_ns: NDArray[np.int64], horizon_hours: float) -> Factors:
        """How the log forwards of (n,) places and hours move over the horizon, in factors and each for itself."""
        numbers = np.array([self.market.numbers[place] for place in places], dtype=np.intp)
        return self.market.factors(numbers, hours_start_ns, horizon_hours)

    def covariance(self, contracts: Sequence[Contract]) -> Floats:
        """(n, n): of the log prices of these contracts over ``horizon_hours``. What margin asks for.

        Raises KeyError for a place without a curve.
        """
        return self.market.covariance(contracts)

    @cached_property
    def market(self) -> Market:
        """All places side by side, as of the last price seen anywhere."""
        comoving = comoving_of(self.comovement, list(self.curves))
        return market_of(list(self.curves.items()), comoving, self.time_ns, self.doubts, self.horizon_hours)

    @cached_property
    def _foretold(self) -> list[int]:
        return [row for row, place in enumerate(self.market.places) if self.curves[place].outlook is not None]

    def _with(self, place: Place, curve: PlaceCurve) -> "Curve":
        return replace(self, curves={**self.curves, place: curve}, doubts=self._doubts_without(place))

    def _doubts_without(self, place: Place) -> Shared | None:
        """The level of a place is known once a price of it was seen."""
        if self.doubts is None:
            return None
        row = list(self.curves).index(place)
        if not (self.doubts.common[row].any() or self.doubts.own[row]):
            return self.doubts
        common, own = self.doubts.common.copy(), self.doubts.own.copy()
        common[row], own[row] = 0.0, 0.0
        return Shared(common, own)


def curves_of(file: ParameterFile, time_ns: int) -> Curve:
    """A curve, before any price is seen, for each canonical SKU the file knows in each region.

    A model fitted in the region itself comes first, then one that serves all regions, then the
    behaviour of another SKU around its own level.
    """
    ratios = {level.region: level.ratio for level in file.regions}
    fitted = {(model.sku, model.region): model.parameters for model in reversed(file.models)}
    scaled = {model.sku: model for model in file.scaled}
    curves = {}
    for sku in CATALOGUE.skus:
        for region in CATALOGUE.regions:
            parameters = fitted.get((sku, region)) or _scaled(fitted.get((sku, "")), ratios.get(region, 1.0))
            if parameters is None and sku in scaled:
                ratio = scaled[sku].ratio * ratios.get(region, 1.0)
                parameters = _scaled(fitted.get((scaled[sku].of, "")), ratio)
            if parameters is not None:
                curves[sku, region] = PlaceCurve.start(parameters, time_ns)
    return Curve(curves, file.comovement, doubts_of(file, list(curves)))


def _scaled(parameters: Parameters | None, ratio: float) -> Parameters | None:
    return None if parameters is None else parameters.scaled(ratio)


def shipped_curves(time_ns: int) -> Curve:
    """A curve for every SKU in every region, from the parameters that ship with the package."""
    return curves_of(shipped_parameters(), time_ns)


def load_curves(path: str, time_ns: int) -> Curve:
    """The shipped curves, and in their place those of a file written by ``gpux fit --write``.

    Raises BadParameters if the file is wrong.
    """
    file, shipped = read_parameters(path), shipped_parameters()
    merged = ParameterFile(
        models=(*file.models, *shipped.models),
        scaled=(*shipped.scaled, *file.scaled),
        regions=(*shipped.regions, *file.regions),
        comovement=file.comovement if "comovement" in file.model_fields_set else shipped.comovement,
    )
    return curves_of(merged, time_ns)
