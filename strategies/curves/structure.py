"""How places nobody has seen move together, and how little is known of their levels: as SKU and region say."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from strategies.curves.filtering import Floats
from strategies.curves.parameter_file import Comovement, ParameterFile, SharedVariance
from strategies.curves.shocks import Comoving, Shared

Place = tuple[str, str]  # SKU and region


class Shares(NamedTuple):
    """What part of the variance of a place's shocks is the whole market's, its SKU's, and its region's."""

    everywhere: float
    sku: float
    region: float


def structured(shares: Shares, skus: Sequence[str], regions: Sequence[str]) -> Shared:
    """The loadings of any places, seen or not: one factor for all, one for each SKU, and one for each region."""
    kinds = ((shares.everywhere, [""] * len(skus)), (shares.sku, skus), (shares.region, regions))
    columns = [np.sqrt(share) * _membership(labels) for share, labels in kinds if share > 0.0]
    common = np.concatenate([np.zeros((len(skus), 0)), *columns], axis=1)
    return Shared(common, np.maximum(1.0 - (common**2).sum(axis=1), 0.0))


def comoving_of(comovement: Comovement, places: Sequence[Place]) -> Comoving:
    """How these places move together, be they seen or not."""
    skus, regions = [sku for sku, _ in places], [region for _, region in places]

    def shared(part: SharedVariance) -> Shared:
        return structured(Shares(part.everywhere, part.sku, part.region), skus, regions)

    return Comoving(shared(comovement.short), shared(comovement.long), shared(comovement.jumps).common ** 2)


def doubts_of(file: ParameterFile, places: Sequence[Place]) -> Shared:
    """What is not known of the levels of places before their own prices are seen.

    A place whose model was fitted in its region is known. Others may be wrong about their region (with all its SKUs),
    about a SKU that is another's scaled (in all regions), and about themselves.
    """
    fitted = {(model.sku, model.region) for model in file.models}
    scaled = {each.sku: each.error for each in file.scaled if (each.sku, "") not in fitted}
    regional = {each.region: each.error for each in file.regions}
    own = np.array([0.0 if place in fitted else file.comovement.place_error**2 for place in places])
    common = np.zeros((len(places), len(scaled) + len(regional)))
    columns = {name: number for number, name in enumerate([*scaled, *regional])}
    for number, place in enumerate(places):
        for name, error in ((place[0], scaled.get(place[0], 0.0)), (place[1], regional.get(place[1], 0.0))):
            if place not in fitted and error > 0.0:
                common[number, columns[name]] = error
    return Shared(common, own)


def _membership(labels: Sequence[str]) -> Floats:
    """(P, K) of 0 and 1, a column for each label in order."""
    found: Floats = (np.array(labels)[:, None] == np.array(sorted(set(labels)))[None, :]).astype(np.float64)
    return found
