"""How a price is foretold from what was seen of it, in the way of its regime: in steps, or as a blend of laws."""

from dataclasses import dataclass, replace
from math import log

import numpy as np

from strategies.curves.blend import Blend, History, Law, Present, blend_of, present
from strategies.curves.blend.tables import Model
from strategies.curves.filtering import Belief, Floats
from strategies.curves.hidden import beliefs_at, hidden_laws
from strategies.curves.model import Parameters
from strategies.curves.steps import Steps


@dataclass(frozen=True)
class Outlook:
    """What was seen of one price, and the way in which later prices follow from it. Immutable."""

    parameters: Parameters
    history: History  # log prices less the season
    way: Blend | Steps

    def seen(self, hour: float, price: float) -> "Outlook":
        """After one more price, at a later hour than the last."""
        season = self.parameters.usual_log_at(hour) - log(self.parameters.level_usd)
        return replace(self, history=self.history.after(hour, log(price) - season))

    def foretold(self, belief: Belief, hour: float) -> "Foretold":
        """The laws of later prices, given the belief about the hidden factors at ``hour``."""
        if isinstance(self.way, Steps):
            return Foretold(self, None)
        level = np.log(self.parameters.level_usd)

        def model(at: Floats, horizons: Floats) -> Floats:
            logs = hidden_laws(self.parameters, np.array([belief]), at - hour, horizons)
            return np.add(logs, level, out=logs)

        return Foretold(self, present(self.way, self.history, model))


@dataclass(frozen=True)
class Foretold:
    """The laws of all later prices, as of the last one."""

    outlook: Outlook
    present: Present | None

    def law(self, hour: float) -> Law:
        """The law of the price at ``hour``, not before the last price."""
        parameters, history, way = self.outlook.parameters, self.outlook.history, self.outlook.way
        ahead, season = hour - history.until, float(season_of(parameters, np.array([hour]))[0])
        if isinstance(way, Steps):
            return way.law(float(np.exp(history.logs[-1] + season)), ahead)
        assert self.present is not None
        return self.present.law(ahead, season)

    def moments(self, hours: Floats) -> tuple[Floats, Floats]:
        """(n,) means and standard deviations of the price at each of the (n,) hours."""
        if self.present is None:
            laws = [self.law(float(hour)) for hour in hours]
            return np.array([law.mean for law in laws]), np.array([law.deviation for law in laws])
        means, deviations = self.present.moments(hours - self.outlook.history.until)
        season = np.exp(season_of(self.outlook.parameters, hours))
        return means * season, deviations * season


def season_of(parameters: Parameters, hours: Floats) -> Floats:
    """(n,) logs of the usual price over the level at the (n,) hours since 1970."""
    season: Floats = parameters.usual_log(hours) - np.log(parameters.level_usd)
    return season


def blended(parameters: Parameters, first: Belief, history: History) -> Outlook | None:
    """The blend that served the history best; None if it is too short for any horizon.

    first: what was believed of the hidden factors before the first price of the history.
    """
    blend = blend_of(history, hidden_model(parameters, first, history))
    return None if blend is None else Outlook(parameters, history, blend)


def hidden_model(parameters: Parameters, first: Belief, history: History) -> Model:
    """What the hidden factors foretold at the looks of the history."""
    plain = parameters.model_copy(update={"season": (), "steps": ()})

    def laws(at: Floats, horizons: Floats) -> Floats:
        rows = np.searchsorted(history.hours, at, side="right") - 1
        beliefs = beliefs_at(plain, first, history.hours, history.logs, rows)
        level = np.log(parameters.level_usd)
        logs = hidden_laws(parameters, beliefs, at - history.hours[rows], horizons)
        return np.add(logs, level, out=logs)

    return laws
