"""The blend as a whole: it beats its parts, survives odd histories, and says the same in every process."""

import subprocess
import sys

import numpy as np
import pytest

from exchange.jit import COMPILED
from strategies.curves.blend import Blend, History, blend_of, history_of, present
from strategies.curves.blend.blend import HORIZONS_HOURS
from strategies.curves.blend.tables import NAMES
from strategies.curves.filtering import Floats

pytestmark = pytest.mark.skipif(not COMPILED, reason="blends hundreds of laws: run without NUMBA_DISABLE_JIT")


def reverting(count: int, seed: int = 1) -> History:
    """Looks at a price that reverts within hours, on a grid of cents."""
    rng = np.random.default_rng(seed)
    hours, logs = 490_000.0 + np.cumsum(0.05 + rng.exponential(0.6, count)), np.zeros(count)
    for row in range(1, count):
        logs[row] = 0.8 * logs[row - 1] + (0.08 * rng.standard_normal() if rng.random() < 0.7 else 0.0)
    return history_of(hours, np.log(np.round(2.0 * np.exp(logs), 2)))


def blended(history: History) -> Blend:
    found = blend_of(history)
    assert found is not None
    return found


def test_weights_add_up_and_the_blend_foretells_better_than_the_last_price() -> None:
    """Learnt on half of a reverting price, judged on the other: a fifth better at six hours, and wide enough."""
    whole = reverting(1_600)
    history = history_of(whole.hours[:800], whole.logs[:800])
    blend = blended(history)
    assert blend.horizons_hours == HORIZONS_HOURS
    for weights in blend.weights:
        assert len(weights) == len(NAMES)
        assert sum(weights) == pytest.approx(1.0)
    scores, held = [], []
    for row in range(800, 1_500, 10):
        law = present(blend, history_of(whole.hours[:row], whole.logs[:row])).law(6.0)
        after = np.searchsorted(whole.hours, whole.hours[row - 1] + 6.0, side="right") - 1
        came, last = np.exp(whole.logs[[after, row - 1]])
        scores.append((law.crps(came), abs(came - last)))
        low, high = law.interval()
        held.append(low <= came <= high)
    blends, lasts = np.mean(scores, axis=0)
    assert blends < 0.8 * lasts
    assert 0.85 < np.mean(held) <= 1.0


def test_between_horizons_laws_are_mixed_and_at_once_the_price_stays() -> None:
    """Halfway to the first horizon half stays; past the last nothing is added; moments are those of the laws."""
    history = reverting(400)
    now = present(blended(history), history)
    np.testing.assert_allclose(now.law(0.0).interval(), np.exp(now.now))
    np.testing.assert_allclose(now.parts(np.array([0.5]))[0, :2], [0.5, 0.5])
    np.testing.assert_allclose(now.parts(np.array([1e4]))[0], [0.0] * len(HORIZONS_HOURS) + [1.0])
    ahead = np.array([0.0, 0.3, 1.0, 5.0, 24.0, 100.0, 400.0])
    parts = now.parts(ahead)
    np.testing.assert_allclose(parts.sum(axis=1), 1.0)
    means, deviations = now.moments(ahead)
    for one, hours in enumerate(ahead):
        law = now.law(float(hours), shift=0.1)
        assert (np.diff(law.values) >= 0.0).all()
        assert law.shares.sum() == pytest.approx(1.0)
        assert law.mean == pytest.approx(np.exp(0.1) * means[one])
        assert law.deviation == pytest.approx(np.exp(0.1) * deviations[one], abs=1e-6)


def gapped() -> History:
    """Hours of looks, ten days of none, and then minutes: all that a week foretells is before the gap."""
    hours = np.concatenate([np.arange(150.0), 390.0 + np.arange(1_850) / 60.0])
    return history_of(hours, np.log(2.0) + 0.1 * np.random.default_rng(1).normal(size=hours.size).round(1))


@pytest.mark.parametrize(
    "history",
    [
        history_of(np.arange(500.0), np.repeat([0.5, 0.7], [450, 50])),
        history_of(np.arange(500.0), np.append(np.full(499, 0.5), 0.7)),
        history_of(np.arange(500.0), np.append(0.7, np.full(499, 0.5))),
        history_of(np.arange(500.0), np.where(np.arange(500) < 300, 0.5, 0.5 + 0.1 * (np.arange(500.0) % 7.0))),
        history_of(np.repeat(np.arange(250.0), 2), 0.1 * (np.arange(500.0) % 3.0)),
        history_of(np.arange(500.0), np.tile([-9.0, 9.0], 250)),
        history_of(np.arange(500.0) * 1e-3, 0.1 * (np.arange(500.0) % 3.0)),
        gapped(),
    ],
    ids=[
        "one step",
        "last moved",
        "first moved",
        "stood long",
        "same times",
        "extremes",
        "half an hour",
        "gap of days",
    ],
)
def test_odd_histories_have_a_blend_or_none_and_finite_laws(history: History) -> None:
    """No warning, no nonsense: means are among what was seen, give or take the smoothing."""
    blend = blend_of(history)
    if blend is None:
        return
    now = present(blend, history)
    for ahead in (0.2, 1.0, 10.0, 300.0):
        law = now.law(ahead)
        assert np.isfinite(law.values).all()
        assert (law.values > 0.0).all()
        assert law.shares.sum() == pytest.approx(1.0)
        low, high = history.logs.min(), history.logs.max()
        reach = 2.0 * (high - low) + 1e-9
        assert low - reach <= np.log(law.median) <= high + reach


@pytest.mark.parametrize("count", [1, 2, 10, 39])
def test_short_histories_and_constant_ones_have_no_blend(count: int) -> None:
    """There is nothing to weigh laws by."""
    assert blend_of(history_of(np.arange(float(count)), 0.1 * (np.arange(float(count)) % 3.0))) is None
    assert blend_of(history_of(np.arange(500.0), np.full(500, 0.7))) is None


def text_of(values: tuple[Floats, Floats]) -> str:
    return "".join(part.tobytes().hex() for part in values)


def test_the_same_prices_make_the_same_blend_in_every_process() -> None:
    """Byte for byte: twice here, and in another process with another seed of hashes."""
    history = reverting(300)
    blend = blended(history)
    told = blend.model_dump_json() + text_of(present(blend, history).moments(np.arange(50.0)))
    again = blended(reverting(300))
    assert again.model_dump_json() + text_of(present(again, history).moments(np.arange(50.0))) == told
    program = (
        "import numpy as np\n"
        "from tests.curves.test_blend import blended, reverting, text_of\n"
        "from strategies.curves.blend import present\n"
        "history = reverting(300)\n"
        "blend = blended(history)\n"
        "print(blend.model_dump_json() + text_of(present(blend, history).moments(np.arange(50.0))))\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == told


def test_no_law_goes_far_beyond_what_was_ever_seen() -> None:
    """In the middle of a spike, a rise of the past made again would be absurd; nor does a stretch go out of sight."""
    rng = np.random.default_rng(12)
    logs = 0.02 * rng.standard_normal(1_500)
    for start in (300, 700, 1_100, 1_495):
        logs[start : start + 12] += 3.0
    history = history_of(np.arange(1_500.0), logs)
    blend = blend_of(history)
    assert blend is not None
    wide = blend.model_copy(update={"stretches": (2.0,) * len(blend.stretches)})
    for one in (blend, wide):
        for ahead in (1.0, 24.0, 168.0):
            values = present(one, history).law(ahead).values
            assert np.exp(logs.min()) / 1.51 < values[0] <= values[-1] < np.exp(logs.max()) * 1.51
