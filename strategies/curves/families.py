"""The simple laws of a blend in a handful of families that can be told in words and drawn as colours."""

import numpy as np

from strategies.curves.blend import Blend
from strategies.curves.blend.tables import NAMES
from strategies.curves.filtering import Floats

# Each family, and how the names of its laws begin.
_BEGINNINGS = {
    "stays as it is": ("stays",),
    "as it lately was": ("as it was",),
    "best of changing offers": ("lowest of the offers", "highest of the offers"),
    "as after the like": ("where it went", "as far as it moved"),
    "around its recent mean": ("around its mean",),
    "hidden factors": ("model",),
}
FAMILIES = tuple(_BEGINNINGS)


def family_of(law: str) -> str:
    """The family of one of ``NAMES``."""
    return next(family for family, beginnings in _BEGINNINGS.items() if law.startswith(beginnings))


_MEMBERS = np.array([[family_of(name) == family for name in NAMES] for family in FAMILIES], dtype=np.float64)


def family_weights(blend: Blend) -> Floats:
    """(horizons, FAMILIES) weights, each row adding up to 1."""
    weights: Floats = np.array(blend.weights) @ _MEMBERS.T
    return weights
