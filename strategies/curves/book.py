"""All curves of a market: one for every SKU in every region."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from exchange.domain.catalogue import CATALOGUE
from strategies.curves.curve import Curve
from strategies.curves.model import Parameters
from strategies.curves.parameter_file import ParameterFile, read_parameters, shipped_parameters

Place = tuple[str, str]  # SKU and region


@dataclass(frozen=True)
class CurveSet(Mapping[Place, Curve]):
    """Curves by (SKU, region). Immutable: ``observe`` returns another."""

    curves: Mapping[Place, Curve]

    def __getitem__(self, place: Place) -> Curve:
        return self.curves[place]

    def __iter__(self) -> Iterator[Place]:
        return iter(self.curves)

    def __len__(self) -> int:
        return len(self.curves)

    def observe(self, place: Place, time_ns: int, price: float) -> "CurveSet":
        """The curves after seeing ``price`` there. Raises KeyError for a place without a curve."""
        return self._with(place, self.curves[place].observe(time_ns, price))

    def observe_forward(
        self, place: Place, time_ns: int, hour_start_ns: int, price: float, deviation: float
    ) -> "CurveSet":
        """The curves after seeing there what a later hour trades at; see ``Curve.observe_forward``."""
        return self._with(place, self.curves[place].observe_forward(time_ns, hour_start_ns, price, deviation))

    def _with(self, place: Place, curve: Curve) -> "CurveSet":
        return CurveSet({**self.curves, place: curve})


def curves_of(file: ParameterFile, time_ns: int) -> CurveSet:
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
                curves[sku, region] = Curve.start(parameters, time_ns)
    return CurveSet(curves)


def _scaled(parameters: Parameters | None, ratio: float) -> Parameters | None:
    return None if parameters is None else parameters.scaled(ratio)


def shipped_curves(time_ns: int) -> CurveSet:
    """A curve for every SKU in every region, from the parameters that ship with the package."""
    return curves_of(shipped_parameters(), time_ns)


def load_curves(path: str, time_ns: int) -> CurveSet:
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
