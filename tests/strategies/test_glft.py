"""Guéant, Lehalle and Fernandez-Tapia: the closed form, and the exact solution against the equation it solves."""

import numpy as np
import pytest

from strategies.making.glft import (
    Setting,
    ask_distance,
    bid_distance,
    lasting_values,
    margin,
    slope,
    spread,
    system,
    values,
)

_SETTING = Setting(gamma=0.05, k=0.6, arrivals=0.9, sigma=0.5)
_LIMIT = 3


def _by_brute_force(setting: Setting, remaining: float, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Values theta (in money) and best bid distances, by Euler steps of the HJB equation, every distance tried."""
    distances = np.arange(-10.0, 30.0, 0.02)
    held = np.arange(-_LIMIT, _LIMIT + 1)
    theta = np.zeros(len(held))
    chance = setting.arrivals * np.exp(-setting.k * distances)
    for _ in range(steps):
        # What a fill at each distance brings, in utility: to one lot more, and to one lot less.
        more = chance * (1 - np.exp(-setting.gamma * (distances + np.diff(theta)[:, None]))) / setting.gamma
        fewer = chance * (1 - np.exp(-setting.gamma * (distances - np.diff(theta)[:, None]))) / setting.gamma
        change = -setting.gamma * setting.sigma**2 * held**2 / 2
        change[:-1] += more.max(axis=1)
        change[1:] += fewer.max(axis=1)
        theta = theta + change * remaining / steps
    return theta, distances[more.argmax(axis=1)]


def test_the_exact_solution_solves_the_control_problem() -> None:
    """Its values are those of a brute-force solution of the HJB equation, and its quotes are what that one picks."""
    remaining = 6.0
    theta, distances = _by_brute_force(_SETTING, remaining, steps=1500)
    found = values(_SETTING, _LIMIT, remaining)
    ours = np.log(found) / _SETTING.k
    assert ours - ours[_LIMIT] == pytest.approx(theta - theta[_LIMIT], abs=0.005)
    assert bid_distance(_SETTING, found) == pytest.approx(distances, abs=0.03)


def test_the_system_is_the_paper_s_matrix() -> None:
    """alpha q^2 on the diagonal with alpha = k gamma sigma^2 / 2, -eta beside it, nothing elsewhere."""
    found = system(Setting(gamma=0.1, k=0.1, arrivals=0.4, sigma=2.0), 2)
    assert np.diag(found) == pytest.approx([0.08, 0.02, 0.0, 0.02, 0.08])
    assert np.diag(found, 1) == pytest.approx([-0.1] * 4)  # 0.4 x 2^-2
    assert np.count_nonzero(np.triu(found, 2)) == 0
    assert (found == found.T).all()


def test_at_the_end_only_the_margin_is_left() -> None:
    """v = 1: whatever is held, both quotes stand ln(1 + gamma/k) / gamma away."""
    found = values(_SETTING, _LIMIT, 0.0)
    assert bid_distance(_SETTING, found) == pytest.approx(margin(_SETTING))
    assert ask_distance(_SETTING, found) == pytest.approx(margin(_SETTING))


def test_far_from_the_end_the_quotes_come_to_rest() -> None:
    """The matrix exponential goes to the eigenvector, also where both ends of it are many powers of ten apart."""
    for setting, limit in ((_SETTING, _LIMIT), (Setting(1.0, 300.0, 60.0, 0.05), 20)):
        lasting = lasting_values(setting, limit)
        assert np.log(values(setting, limit, 5000.0)) == pytest.approx(np.log(lasting), abs=1e-8)
        vector = system(setting, limit) @ lasting
        assert vector / lasting == pytest.approx(vector[0] / lasting[0], rel=1e-6)


def test_bids_and_asks_mirror_each_other() -> None:
    """Short five is to the ask what long five is to the bid."""
    found = lasting_values(_SETTING, 8)
    assert ask_distance(_SETTING, found) == pytest.approx(bid_distance(_SETTING, found)[::-1])


@pytest.mark.parametrize(("gamma", "limit", "off"), [(0.01, 40, 0.004), (0.0001, 150, 0.0005)])
def test_the_closed_form_is_near_the_exact_solution_where_risk_is_small(gamma: float, limit: int, off: float) -> None:
    """The smaller a step of inventory matters, the nearer."""
    setting = Setting(gamma, 0.3, 0.9, 0.3)
    bids = bid_distance(setting, lasting_values(setting, limit))
    assert (bids[limit + 1] - bids[limit - 1]) / 2 == pytest.approx(slope(setting), rel=off)
    asks = ask_distance(setting, lasting_values(setting, limit))
    assert bids[limit] + asks[limit - 1] == pytest.approx(spread(setting), rel=off / 10)
