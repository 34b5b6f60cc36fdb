"""From the words that name a source to the recording it is."""

from strategies.backtest.recording import Recording
from strategies.backtest.spec import BadRun
from strategies.backtest.synthetic import zero_intelligence

SYNTHETIC = "synthetic"
_LIMITS = {"requests": (1, 50_000_000), "books": (1, 10_000), "seed": (0, 2**63 - 1)}


def open_source(source: str) -> Recording:
    """The recording that ``source`` names: ``synthetic:requests=100000,books=1,seed=1``. Raises GpuxError."""
    kind, _, words = source.partition(":")
    if kind == SYNTHETIC:
        return _synthetic(words)
    raise BadRun(f"source {source!r} cannot be read")


def _synthetic(words: str) -> Recording:
    found = {"requests": 100_000, "books": 1, "seed": 1}
    for word in filter(None, words.split(",")):
        name, _, value = word.partition("=")
        if name not in found:
            raise BadRun(f"synthetic takes {', '.join(f'{name}=NUMBER' for name in found)}; found {word!r}")
        least, most = _LIMITS[name]
        if not value.isdecimal() or not least <= int(value) <= most:
            raise BadRun(f"{name} is a whole number from {least} to {most}, found {value!r}")
        found[name] = int(value)
    return zero_intelligence(found["requests"], found["seed"], found["books"])
