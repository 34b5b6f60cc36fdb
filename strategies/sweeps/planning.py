"""From what is asked for to what can be carried out; what cannot be is refused before anything runs."""

from exchange.domain.errors import GpuxError
from exchange.domain.units import NS_PER_SECOND
from strategies.backtest.agents import START_NS
from strategies.backtest.sources import open_source
from strategies.backtest.spec import RunSpec
from strategies.backtest.times import parse_window
from strategies.drivers.loading import load_strategy
from strategies.sweeps.space import Choice, Parameters, Range, Space, Value
from strategies.sweeps.task import Base, Window
from strategies.sweeps.trial import digest
from strategies.sweeps.windows import BadWindows, end_of, seed_windows, slice_windows

AGENTS_SEEDS = 8
FOLDS = 8
_ESTIMATE = "Queue positions are an estimate: the recording shows levels, not orders."
# Neither end of a range, and no round number: a whole number is asked for with int.
_INNER = 0.3819660112501051


class BadSweep(GpuxError):
    """What is asked for does not fit together."""


def base_of(spec: RunSpec, space: Space, periods: int) -> Base:
    """Raises BadStrategy where the strategy does not take what shall be tried, and BadSweep."""
    for axis in space.axes:
        if axis.name in spec.parameters:
            raise BadSweep(f"{axis.name} is both fixed by --set and tried by --param; one of them is too many")
    for parameters in samples(space):
        load_strategy(spec.strategy, {**spec.parameters, **dict(parameters)})
    return Base(spec, periods, digest(spec.strategy))


def samples(space: Space) -> list[Parameters]:
    """Few, in which each value of each choice, and both ends and the inside of each range, are there once at least."""
    columns = {axis.name: _values(axis) for axis in space.axes}
    count = max(len(values) for values in columns.values())
    return [tuple((name, values[place % len(values)]) for name, values in columns.items()) for place in range(count)]


def agents_windows(hours: float, seed: int, seeds: int, folds: int, periods: int) -> tuple[Window, ...]:
    """Raises BadWindows."""
    if folds:
        raise BadWindows("--folds cuts a recording; among agents --seeds says how many markets there are")
    length_ns = round(hours * 3_600 * NS_PER_SECOND) // periods * periods
    return seed_windows(START_NS, START_NS + length_ns, seed, seeds or AGENTS_SEEDS)


def recording_windows(
    source: str, since: str | None, until: str | None, seed: int, seeds: int, folds: int, periods: int
) -> tuple[tuple[Window, ...], tuple[str, ...]]:
    """And what is to be said about the source. Raises what is wrong with it, and BadWindows."""
    recording = open_source(source)
    start_ns = recording.start_ns
    whole = (start_ns, end_of(recording))
    window = parse_window(since, until, start_ns, whole[1]) or whole
    estimate = (_ESTIMATE,) if recording.is_estimate else ()
    return slice_windows(*window, folds or FOLDS, seed, seeds or 1, periods), (*estimate, *recording.notes)


def _values(axis: Range | Choice) -> tuple[Value, ...]:
    if isinstance(axis, Choice):
        return axis.values
    inside = axis.low + (axis.high - axis.low) * _INNER
    return (axis.low, axis.high, round(inside) if axis.is_int else inside)
