"""Which parameters prices can tell, judged by how the likelihood bends.

Coordinates are measured in units that matter to who trades on them. A direction in which the
likelihood of all prices bends less than ``CURVATURE_MIN`` over one unit has a standard error above
one unit: the prices cannot tell, and the parameter most to blame is refused (Rothenberg,
"Identification in parametric models", 1971: a singular information matrix). It is then held at its
neutral value and the rest is asked again.
"""

from collections.abc import Callable, Sequence

import numpy as np

from strategies.curves.filtering import Floats

CURVATURE_MIN = 1.0
_BLAME_MIN = 0.1
_STEP_MIN, _STEP_MAX = 1e-4, 0.3
Loss = Callable[[Floats], float]


def hessian(loss: Loss, theta: Floats, columns: Sequence[int], units: Floats) -> Floats:
    """(columns, columns) second derivatives of ``loss``, per unit of each column.

    Each is moved until the loss has risen by about one: nearer, rounding would show instead.
    """
    steps = [_step(loss, theta, column, float(units[column])) for column in columns]
    bends = np.empty((len(columns), len(columns)))
    for row, (i, down) in enumerate(zip(columns, steps, strict=True)):
        for column, (j, across) in enumerate(list(zip(columns, steps, strict=True))[: row + 1]):
            total = 0.0
            for one, other in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                corner = theta.copy()
                corner[i] += one * down * units[i] / 2.0
                corner[j] += other * across * units[j] / 2.0
                total += one * other * loss(corner)
            bends[row, column] = bends[column, row] = total / (down * across)
    return bends


def to_blame(bends: Floats, first_refused: Sequence[int]) -> int | None:
    """The place of the parameter that the curvature cannot tell, or None if it tells all.

    first_refused: a rank for each place; of those that share in the flattest direction the lowest is to blame.
    """
    values, vectors = np.linalg.eigh(bends)
    if values[0] >= CURVATURE_MIN:
        return None
    shares = vectors[:, 0] ** 2
    return min(np.flatnonzero(shares > _BLAME_MIN).tolist(), key=lambda place: (first_refused[place], -shares[place]))


def _step(loss: Loss, theta: Floats, column: int, unit: float) -> float:
    def moved(by: float) -> float:
        other = theta.copy()
        other[column] += by * unit
        return loss(other)

    base, step = loss(theta), _STEP_MIN
    while step < _STEP_MAX and moved(step) + moved(-step) - 2.0 * base < 1.0:
        step *= 2.0
    return step
