"""A world is one generated market, from its opening to its last command, through engine and reference."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from random import Random

from exchange.domain.records import Command
from tests.kernel.generator import Generator
from tests.kernel.pair import Pair, differs, show, smallest_failure
from tests.kernel.tempers import TEMPERS

_BATCH_SIZES = [1, 5, 20, 100, 300]
_CHEAP_TO_COMPARE = 300  # open orders


def run_world(seed: int, commands: int, watch: Callable[[Pair], None] | None = None, compared: bool = True) -> Pair:
    """Run about ``commands`` commands, comparing the events of every batch, and then all state.

    Where the books are deep, all state is compared only now and then, and at the end; unless ``compared``, at the end.
    ``watch`` is called after each batch. A difference is raised with the fewest commands that show it.
    """
    pair = Pair()
    generator = Generator(seed, pair.reference)
    batch_sizes = Random(seed)
    try:
        pair.apply(generator.opening())
        batches = 0
        while len(pair.history) < commands:
            pair.apply(generator.batch(batch_sizes.choice(_BATCH_SIZES)))
            batches += 1
            if watch:
                watch(pair)
            if batches % 25 == 0:
                pair.engine.check()
            if compared and (batches % 25 == 0 or len(pair.reference.orders) < _CHEAP_TO_COMPARE):
                pair.compare_state()
        pair.compare_state()
        pair.engine.check()
    except AssertionError as difference:
        if not differs(pair.history):
            raise
        smallest = smallest_failure(pair.history, differs)
        raise AssertionError(f"seed {seed}: {difference}\nfewest commands that show it:\n{show(smallest)}") from None
    return pair


def history(seed: int, commands: int) -> list[Command]:
    """The stamped commands of a world, to run again in other ways."""
    return list(_history(seed, commands))


@cache
def _history(seed: int, commands: int) -> tuple[Command, ...]:
    """Made once; that the state is right after each batch is for others to see."""
    return tuple(run_world(seed, commands, compared=False).history)


def every_temper() -> range:
    """Seeds that between them have each temper once."""
    return range(len(TEMPERS))
